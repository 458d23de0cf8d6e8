"""The messages that a reader missed since the last one of their page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import AckPolicy, DeliverPolicy
from nats.js.errors import Error as JetStreamError

from contracts.streams import EVENTS
from gateway.streaming.ephemeral_consumer import EphemeralConsumerConfig
from gateway.streaming.frames import (
    SseEvent,
    public_subjects,
    sse_event,
)
from gateway.streaming.subscriber import Subscriber
from kit.errors import Unavailable
from kit.messaging.bus import Bus

MOST = 500
MOST_SCANNED = 20_000
BATCH = 500
LINGER = 10.0


@dataclass(frozen=True)
class Missed:
    """What is read again: `event` returns what the reader gets of a message, None for nothing. More than `most` of
    these, or more than `scanned` messages, are too many."""

    stream: str
    subjects: Sequence[str]
    event: Callable[[Msg], SseEvent | None]
    most: int
    scanned: int


async def replay_since(bus: Bus, reader: Subscriber, after: int) -> list[SseEvent] | None:
    """As `replay`, for events that the reader hears."""

    def event_of(msg: Msg) -> SseEvent | None:
        event = sse_event(msg.headers or {}, msg.data, msg.metadata.sequence.stream)
        return event if reader.hears(event) else None

    return await replay(bus, Missed(EVENTS.name, public_subjects(), event_of, MOST, MOST_SCANNED), after)


async def replay(bus: Bus, missed: Missed, after: int) -> list[SseEvent] | None:
    """Returns what followed the sequence `after`, in order; None when that is too much or expired, so that the page
    must reload everything. Raises Unavailable."""
    try:
        state = (await bus.js.stream_info(missed.stream)).state
        if not state.first_seq - 1 <= after <= state.last_seq or state.last_seq - after > missed.scanned:
            return None
        return await _read(bus, missed, after) if after < state.last_seq else []
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error


async def _read(bus: Bus, missed: Missed, after: int) -> list[SseEvent] | None:
    info = await bus.js.add_consumer(missed.stream, config=_from(after + 1, missed.subjects))
    subscription = await bus.js.pull_subscribe_bind(info.name, missed.stream)
    left, found = info.num_pending or 0, list[SseEvent]()
    try:
        while left > 0 and len(found) <= missed.most:
            batch = await subscription.fetch(min(BATCH, left), timeout=2)
            left -= len(batch)
            found += [event for event in map(missed.event, batch) if event]
    except NatsTimeout:
        return None
    finally:
        await subscription.unsubscribe()
    return found if len(found) <= missed.most else None


def _from(sequence: int, subjects: Sequence[str]) -> EphemeralConsumerConfig:
    return EphemeralConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=sequence, filter_subjects=list(subjects),
        ack_policy=AckPolicy.NONE, inactive_threshold=LINGER, mem_storage=True,
    )  # fmt: skip

"""The events that a reader missed since the last event of their page."""

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
from gateway.streaming.hub import Subscriber
from kit.errors import Unavailable
from kit.messaging.bus import Bus

MOST = 500
MOST_SCANNED = 20_000
BATCH = 500
LINGER = 10.0


async def replay_since(bus: Bus, reader: Subscriber, after: int) -> list[SseEvent] | None:
    """Returns them in order; None when they are too many or expired, so that the page must reload everything. Raises
    Unavailable."""
    try:
        state = (await bus.js.stream_info(EVENTS.name)).state
        if not state.first_seq - 1 <= after <= state.last_seq or state.last_seq - after > MOST_SCANNED:
            return None
        return await _read(bus, reader, after) if after < state.last_seq else []
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error


async def _read(bus: Bus, reader: Subscriber, after: int) -> list[SseEvent] | None:
    info = await bus.js.add_consumer(EVENTS.name, config=_from(after + 1))
    subscription = await bus.js.pull_subscribe_bind(info.name, EVENTS.name)
    left, found = info.num_pending or 0, list[SseEvent]()
    try:
        while left > 0 and len(found) <= MOST:
            batch = await subscription.fetch(min(BATCH, left), timeout=2)
            left -= len(batch)
            events = (sse_event(m.headers or {}, m.data, m.metadata.sequence.stream) for m in batch)
            found += [event for event in events if reader.hears(event)]
    except NatsTimeout:
        return None
    finally:
        await subscription.unsubscribe()
    return found if len(found) <= MOST else None


def _from(sequence: int) -> EphemeralConsumerConfig:
    return EphemeralConsumerConfig(
        deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=sequence, filter_subjects=public_subjects(),
        ack_policy=AckPolicy.NONE, inactive_threshold=LINGER, mem_storage=True,
    )  # fmt: skip

"""One ordered consumer, for all event streams of a process that hear the same subjects."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import DeliverPolicy
from nats.js.errors import Error as JetStreamError

from contracts.streams import EVENTS, Stream
from gateway.streaming.ephemeral_consumer import EphemeralConsumerConfig
from kit.errors import Unavailable
from kit.messaging.bus import Bus

HEARTBEAT = 1.0
"""Seconds; after two without one the consumer is created again, as after a restart of the broker."""


class EventFeed:
    """Calls `take` with each message and its stream sequence, in order, from the first `start` on."""

    def __init__(self, subjects: Sequence[str], take: Callable[[Msg, int], None], stream: Stream = EVENTS) -> None:
        self.subjects, self.take, self.stream = list(subjects), take, stream.name
        self.last = 0
        self.is_running = False
        self._starting = asyncio.Lock()

    async def start(self, bus: Bus) -> None:
        """Returns when messages that are published from now on will be taken; does nothing when it has been started.
        Raises Unavailable when the bus does not answer."""
        async with self._starting:
            if self.is_running:
                return
            try:
                await self._consume(bus)
            except (NatsError, JetStreamError, TimeoutError) as error:
                raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error
            self.is_running = True

    async def stop(self, unless: Callable[[], object]) -> None:
        """Ends the consumer, so that the next `start` begins anew; not when `unless` is true by then."""
        async with self._starting:
            if self.is_running and not unless():
                self.is_running = False
                with suppress(NatsError):
                    await self._subscription.unsubscribe()

    async def _consume(self, bus: Bus) -> None:
        self.last = (await bus.js.stream_info(self.stream)).state.last_seq
        config = EphemeralConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=self.last + 1, filter_subjects=self.subjects,
            idle_heartbeat=HEARTBEAT,
        )  # fmt: skip
        self._subscription = await bus.js.subscribe(
            "", stream=self.stream, ordered_consumer=True, config=config, cb=self._on_event
        )

    async def _on_event(self, msg: Msg) -> None:
        """The client restarts at the beginning when it lost its position before it had one: skip known messages."""
        sequence = msg.metadata.sequence.stream
        if sequence > self.last:
            self.last = sequence
            self.take(msg, sequence)

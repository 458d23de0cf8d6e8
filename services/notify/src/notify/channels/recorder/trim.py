"""Makes room in the stream of samples: what is recorded leaves it once it is half full. Until then it stays, for open
streams that resume."""

import asyncio
import time
from collections import deque
from contextlib import suppress

from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from contracts.streams import CHANNELS, durable
from kit.app import Service

PERIOD = 5.0
RETENTION = 60.0
"""Seconds for which recorded samples stay in any case, for streams that are interrupted for a moment."""
TRANSIENT_ERRORS = (NatsError, JetStreamError, TimeoutError, OSError)


class RecordedSamples:
    def __init__(self) -> None:
        self._floors: deque[tuple[float, int]] = deque()

    async def run(self, service: Service) -> None:
        """A loop of the service. A failed round is repeated in the next one."""
        while True:
            with suppress(*TRANSIENT_ERRORS):
                await self.clear(service.bus.js, time.monotonic())
            await asyncio.sleep(PERIOD)

    async def clear(self, js: JetStreamContext, now: float) -> None:
        """One round; `now` is in seconds of a clock that never goes back."""
        consumer = await js.consumer_info(CHANNELS.name, durable("notify", "samples"))
        self._floors.append((now, consumer.ack_floor.stream_seq if consumer.ack_floor else 0))
        due = self._due(now)
        stream = await js.stream_info(CHANNELS.name)
        half = (stream.config.max_bytes or CHANNELS.max_bytes) / 2
        if due >= stream.state.first_seq and stream.state.bytes > half:
            await js.purge_stream(CHANNELS.name, seq=due + 1)

    def _due(self, now: float) -> int:
        """Returns the sequence up to which everything was recorded `RETENTION` seconds ago."""
        due = 0
        while self._floors and now - self._floors[0][0] >= RETENTION:
            due = self._floors.popleft()[1]
        return due

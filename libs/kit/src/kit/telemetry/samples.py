"""What a process records of itself: samples of channels, buffered and sent in batches.

A sample is never worth more than the work it is about: the buffer is bounded, what does not fit is dropped and counted,
and nobody waits for the bus.
"""

import asyncio
import logging
import math
from collections import deque
from contextlib import suppress
from typing import Any

import orjson
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError
from prometheus_client import Counter

from contracts.notify.samples import SUBJECT, BadSample, readable_by, sample_of
from kit.messaging.broker_clock import BROKER_CLOCK

log = logging.getLogger("kit.samples")
MOST_WAITING = 10_000
BATCH = 500
GATHER = 0.25
"""Seconds in which samples join the first of a batch."""
PAUSE, LAST_LIMIT = 2.0, 2.0
"""Seconds before a batch is sent again that the bus did not store; seconds for what waits at the end of a process."""
ERRORS = (NatsError, JetStreamError, TimeoutError, OSError)
DROPPED = Counter("fairway_samples_dropped_total", "Samples of this process that were never sent")


class SampleBuffer:
    """One per process; `source` is its service."""

    def __init__(self, js: JetStreamContext, source: str) -> None:
        self.js, self.source = js, source
        self.waiting = deque[dict[str, Any]]()
        self._some = asyncio.Event()

    def add(
        self, backend: str, name: str, value: float | bool | str, pulse_id: int | None = None, unit: str = "",
        description: str = "", owner: int | None = None,
    ) -> None:  # fmt: skip
        """Records a value of now. `pulse_id` is the producer's own counter: an epoch, a step. With `owner`, a user,
        only that user and administrators may read it. Drops and counts what is no sample, and the oldest one when
        `MOST_WAITING` wait."""
        backend, name = readable_by(backend, name, owner)
        entry = {
            "backend": backend, "name": name, "ts": int(BROKER_CLOCK.now().timestamp() * 1e6) * 1000,
            "pulse_id": pulse_id, "unit": unit, "description": description, "source": self.source, **_written(value),
        }  # fmt: skip
        try:
            sample_of(entry)
        except BadSample as problem:
            DROPPED.inc()
            return log.warning("sample.dropped", extra={"fields": {"name": name, "reason": str(problem)}})
        if len(self.waiting) >= MOST_WAITING:
            self.waiting.popleft()
            DROPPED.inc()
        self.waiting.append(entry)
        self._some.set()

    async def run(self) -> None:
        """Sends for ever. What the bus did not store is sent again, which is harmless when it did."""
        while True:
            await self._some.wait()
            await asyncio.sleep(GATHER)
            try:
                await self.flush()
            except ERRORS as error:
                log.warning("samples.wait", extra={"fields": {"waiting": len(self.waiting), "reason": repr(error)}})
                await asyncio.sleep(PAUSE)

    async def flush(self) -> None:
        """Sends what waits. Raises NATS errors; what was not stored then still waits."""
        while batch := [self.waiting.popleft() for _ in range(min(BATCH, len(self.waiting)))]:
            try:
                await self.js.publish(SUBJECT, orjson.dumps({"samples": batch}))
            except BaseException:
                self._put_back(batch)
                raise
        self._some.clear()

    def _put_back(self, batch: list[dict[str, Any]]) -> None:
        room = max(0, MOST_WAITING - len(self.waiting))
        DROPPED.inc(max(0, len(batch) - room))
        self.waiting.extendleft(reversed(batch[len(batch) - min(room, len(batch)) :]))

    async def close(self) -> None:
        """Sends what waits, within `LAST_LIMIT` seconds; counts what is left as dropped."""
        with suppress(*ERRORS):
            async with asyncio.timeout(LAST_LIMIT):
                await self.flush()
        DROPPED.inc(len(self.waiting))
        self.waiting.clear()


def _written(value: float | bool | str) -> dict[str, Any]:
    """JSON has no NaN and no infinities; as text they need their type."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"type": "f64", "value": "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    return {"value": value}

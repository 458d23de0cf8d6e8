"""Measures how many rows of the outbox wait."""

import math
import time

import psycopg

from kit.telemetry import metrics

COUNT_INTERVAL = 5.0
_COUNT = "select count(*) from outbox where published_at is null"


class Backlog:
    """A batch that is not full holds all waiting rows; a larger number is counted in the index, at most every
    `COUNT_INTERVAL` seconds."""

    def __init__(self) -> None:
        self._counted = -math.inf

    async def measure(self, connection: psycopg.AsyncConnection, seen: int, window: int) -> None:
        """Sets the gauge. `seen` rows of the outbox were read, `window` were asked for. Raises psycopg errors."""
        if seen < window:
            metrics.OUTBOX_DEPTH.set(seen)
        elif time.monotonic() - self._counted > COUNT_INTERVAL:
            self._counted = time.monotonic()
            (waiting,) = await (await connection.execute(_COUNT)).fetchone() or (seen,)
            metrics.OUTBOX_DEPTH.set(waiting)

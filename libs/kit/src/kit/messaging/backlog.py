"""How many rows of the outbox wait."""

import math
import time

import psycopg

from kit import metrics

EVERY = 5.0
_COUNT = "select count(*) from outbox where published_at is null"


class Backlog:
    """A window that is not full holds all that wait; more than that is counted in the index, now and then."""

    def __init__(self) -> None:
        self._counted = -math.inf

    async def tell(self, connection: psycopg.AsyncConnection, seen: int, window: int) -> None:
        if seen < window:
            metrics.OUTBOX_DEPTH.set(seen)
        elif time.monotonic() - self._counted > EVERY:
            self._counted = time.monotonic()
            (waiting,) = await (await connection.execute(_COUNT)).fetchone() or (seen,)
            metrics.OUTBOX_DEPTH.set(waiting)

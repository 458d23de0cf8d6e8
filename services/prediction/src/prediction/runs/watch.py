"""While a worker is at a prediction: signs of life, and an eye on those who want it stopped."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import bindparam, func, update

from kit.db import TRANSIENT, Database
from kit.errors import Unavailable
from kit.statements import Prepared
from prediction.runs.tables import PredictionRow as Row

BEAT = 1.0
_BEAT = Prepared(
    update(Row)
    .where(Row.id == bindparam("prediction_id"), Row.attempt == bindparam("held"))
    .where(Row.status != "failed", Row.status != "stopped")
    .values(touched_at=func.now())
    .returning(Row.status, Row.graceful)
)  # fmt: skip


class Gone(Exception):
    """The row has a newer attempt or an end: whatever this worker finds out is of no interest any more."""


async def watch(row: Row, db: Database, stop: Callable[[bool], Awaitable[None]]) -> None:
    """Ends by Gone only. `stop(graceful)` is called each beat while the row is `stopping`.

    A database that is away is waited for; when it stays away, the lease runs out and the row is another's.
    """
    while True:
        await asyncio.sleep(BEAT)
        try:
            async with db.raw() as connection:
                rows = await _BEAT.rows(connection, prediction_id=row.id, held=row.attempt)
        except (*TRANSIENT, Unavailable):
            continue
        if not rows:
            raise Gone
        if rows[0]["status"] == "stopping":
            await stop(rows[0]["graceful"])

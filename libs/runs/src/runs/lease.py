"""A worker holds a row as long as it sends heartbeats: one statement each, on bare connections.

Heartbeats do not wait for the disk. A crash of the database may forget the last ones: then the row counts as silent a
little earlier, and its run is found by its name.
"""

from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import and_, bindparam, func, select, true, update
from sqlalchemy.orm import InstrumentedAttribute

from kit.db.database import Database
from kit.db.sql import CompiledQuery
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT
from runs.tables import Condition, RunColumns

R = TypeVar("R", bound=RunColumns)


class Lease(Generic[R]):
    """`heartbeat` is the column of the last sign of life, `active` holds while an attempt may go on."""

    def __init__(self, table: type[R], heartbeat: InstrumentedAttribute[Any], active: Condition) -> None:
        self.table, self.heartbeat = table, heartbeat
        no_wait = select(func.set_config("synchronous_commit", "off", True).label("unused")).cte("no_wait")
        mine = and_(table.id == bindparam("row_id"), table.attempt == bindparam("held"), active)
        held = select(table.id).join(no_wait, true()).where(mine).cte("held")
        state = (table.status, table.graceful)
        write = update(table).where(table.id == held.c.id)
        self._peek = CompiledQuery(select(*state).where(mine))
        self._beat = CompiledQuery(write.values({heartbeat: func.now()}).returning(*state))
        self._release = CompiledQuery(write.values({heartbeat: func.now() - HEARTBEAT_TIMEOUT}).returning(table.id))

    async def peek(self, row_id: int, attempt: int, db: Database) -> dict[str, Any] | None:
        """Returns `{status, graceful}`, None when the attempt is over."""
        return await self._first(self._peek, row_id, attempt, db)

    async def beat(self, row_id: int, attempt: int, db: Database) -> dict[str, Any] | None:
        """Sends a heartbeat; returns the same as `peek`."""
        return await self._first(self._beat, row_id, attempt, db)

    async def release(self, row_id: int, attempt: int, db: Database) -> None:
        """Lets another delivery take the row at once, instead of after the timeout."""
        await self._first(self._release, row_id, attempt, db)

    def let_go(self, row: R) -> None:
        """As `release`, for a row that this transaction has locked."""
        setattr(row, self.heartbeat.key, datetime.now(UTC) - HEARTBEAT_TIMEOUT)

    def is_held(self, row: R) -> bool:
        """Whether a worker has taken the row and is alive."""
        seen: datetime | None = getattr(row, self.heartbeat.key)
        return row.started_at is not None and seen is not None and datetime.now(UTC) - seen < HEARTBEAT_TIMEOUT

    async def _first(self, query: CompiledQuery, row_id: int, attempt: int, db: Database) -> dict[str, Any] | None:
        async with db.raw() as connection:
            rows = await query.rows(connection, row_id=row_id, held=attempt)
        return rows[0] if rows else None

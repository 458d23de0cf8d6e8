"""Integer ids allocated before the row is written, so that row, event and verdict travel in one statement."""

from collections import deque

from sqlalchemy import Table

from kit.db.database import Database

BLOCK = 50


class IdAllocator:
    """Takes ids from the identity sequence of a table in blocks of `BLOCK`. A crash leaves a gap, never a duplicate."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._free: dict[str, deque[int]] = {}

    async def next(self, row: type) -> int:
        """Returns a new id for the mapped class `row`. Asks the database once per block; raises what the connection
        raises."""
        table: Table = row.__table__  # type: ignore[attr-defined]
        free = self._free.setdefault(table.name, deque())
        if not free:
            free.extend(await self._block(table.name))
        return free.popleft()

    async def _block(self, table: str) -> list[int]:
        async with self.db.raw() as connection:
            cursor = await connection.execute(
                "select nextval(pg_get_serial_sequence(%s, 'id')) from generate_series(1, %s)", (table, BLOCK)
            )
            return [row[0] for row in await cursor.fetchall()]

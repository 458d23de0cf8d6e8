"""Group commit: statements of handlers that end at the same moment share one transaction, and those that only insert
rows are one statement.

Each is still all or nothing by itself, because a handler's whole effect is one statement. When one fails, the
transaction is rolled back; then all of them run once more in one transaction, each behind a savepoint, so that only the
statement at fault gets its error and the others still share one commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

import psycopg

from kit.db.bulk_insert import insert_all
from kit.db.sql import Rows, SqlFragment, concatenate, write
from kit.errors import Unavailable

TRANSIENT = (psycopg.OperationalError, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
MAX_BATCH = 128
WRITERS = 2
"""While one waits for the disk, the other one collects."""


@dataclass
class PendingCommit:
    """A statement that waits for its commit; `done` gets its outcome."""

    fragments: Sequence[SqlFragment]
    done: asyncio.Future[None]

    @cached_property
    def statement(self) -> tuple[str, tuple[Any, ...]]:
        """Its text and parameters."""
        return concatenate(self.fragments)

    @property
    def inserts(self) -> list[Rows] | None:
        """Its rows, when it only inserts some."""
        rows = [fragment.rows for fragment in self.fragments if fragment.rows is not None]
        return rows if len(rows) == len(self.fragments) else None


class GroupCommitter:
    """One per database. A statement never waits for others to join it: those that arrive while the writers are busy go
    together."""

    def __init__(self, raw: Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]) -> None:
        self.raw = raw
        self._due: list[PendingCommit] = []
        self._writing = 0
        self._writers: set[asyncio.Task[None]] = set()

    async def write(self, fragments: Sequence[SqlFragment]) -> None:
        """Commits the fragments as one statement. Returns after the commit; raises the psycopg error of this statement
        alone, or Unavailable when no connection is free."""
        due = PendingCommit(fragments, asyncio.get_running_loop().create_future())
        self._due.append(due)
        if self._writing < WRITERS:
            self._writing += 1
            writer = asyncio.create_task(self._work())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        await due.done

    async def _work(self) -> None:
        try:
            await self._work_off()
        finally:
            self._writing -= 1

    async def _work_off(self) -> None:
        while self._due:
            batch, self._due = self._due[:MAX_BATCH], self._due[MAX_BATCH:]
            wanted = [due for due in batch if not due.done.done()]  # who ran out of time has stopped listening
            if len(wanted) == 1:
                await self._alone(wanted[0])
            elif wanted and not await self._together(wanted):
                await self._apart(wanted)

    async def _together(self, batch: Sequence[PendingCommit]) -> bool:
        """Commits the batch in one transaction. Returns False, with nothing decided, when one statement violates a
        rule, conflicts with another or cannot be written with the others."""
        try:
            async with self.raw() as connection:
                await _execute(connection, batch)
        except Exception as error:
            if not (isinstance(error, Unavailable) or _is_lost(error)):
                return False
            _settle(batch, error)
        else:
            _settle(batch, None)
        return True

    async def _apart(self, batch: Sequence[PendingCommit]) -> None:
        errors: list[Exception | None] = []
        try:
            async with self.raw() as connection, connection.transaction():
                for due in batch:
                    errors.append(await _behind_savepoint(connection, due))
        except Exception as error:
            return _settle(batch, error)
        for due, error in zip(batch, errors, strict=True):
            _settle([due], error)

    async def _alone(self, due: PendingCommit) -> None:
        try:
            async with self.raw() as connection:
                await connection.execute(*due.statement)  # type: ignore[arg-type]
        except Exception as error:
            return _settle([due], error)
        _settle([due], None)


async def _execute(connection: psycopg.AsyncConnection, batch: Sequence[PendingCommit]) -> None:
    """Runs the statements in one transaction, which needs no more than one round trip when all of them only insert."""
    others = [due for due in batch if due.inserts is None]
    inserts = [rows for due in batch for rows in due.inserts or ()]
    if not others:
        return await write(connection, insert_all(inserts))
    async with connection.pipeline(), connection.transaction():
        if inserts:
            await write(connection, insert_all(inserts))
        await _execute_each(connection, others)


async def _execute_each(connection: psycopg.AsyncConnection, batch: Sequence[PendingCommit]) -> None:
    """Runs the statements in their order; equal ones that follow each other cost half as much together."""
    async with connection.cursor() as cursor:
        for sql, equal in groupby((due.statement for due in batch), key=itemgetter(0)):
            await cursor.executemany(sql, [params for _, params in equal])  # type: ignore[arg-type]


async def _behind_savepoint(connection: psycopg.AsyncConnection, due: PendingCommit) -> Exception | None:
    """Returns the error of the statement after undoing its effect, or None. Raises when the connection is lost."""
    try:
        async with connection.transaction():
            await connection.execute(*due.statement)  # type: ignore[arg-type]
    except psycopg.Error as error:
        if _is_lost(error):
            raise
        return error
    return None


def _settle(batch: Sequence[PendingCommit], error: Exception | None) -> None:
    for due in batch:
        if due.done.done():
            continue
        if error:
            due.done.set_exception(error)
        else:
            due.done.set_result(None)


def _is_lost(error: Exception) -> bool:
    """Whether the connection is gone: no SQLSTATE, class 57 (the server shuts down) or class 08 (connection
    exception)."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08")[:2] in ("08", "57")

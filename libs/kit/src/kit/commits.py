"""Group commit: statements of handlers that end at the same moment travel together.

Each is still all or nothing by itself, because a handler's whole effect is one statement. One that fails takes the
others of its transaction with it; then each is tried alone, so only the one at fault sees its error.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import psycopg

from kit.errors import Unavailable
from kit.statements import Fragment, combined

TRANSIENT = (psycopg.OperationalError, psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected)
MOST = 32
WRITERS = 2
"""While one waits for the disk the other one collects."""


@dataclass
class Due:
    sql: str
    params: tuple[Any, ...]
    done: asyncio.Future[None]


class Commits:
    """One per database. Nothing waits to be joined by others: what comes while the writers are busy goes together."""

    def __init__(self, raw: Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]) -> None:
        self.raw = raw
        self._due: list[Due] = []
        self._writing = 0
        self._writers: set[asyncio.Task[None]] = set()

    async def write(self, fragments: Sequence[Fragment]) -> None:
        due = Due(*combined(fragments), asyncio.get_running_loop().create_future())
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
            batch, self._due = self._due[:MOST], self._due[MOST:]
            wanted = [due for due in batch if not due.done.done()]  # who ran out of time has stopped listening
            if len(wanted) > 1:
                await self._together(wanted)
            for due in wanted:
                if not due.done.done():
                    await self._alone(due)

    async def _together(self, batch: Sequence[Due]) -> None:
        """Leaves everything undecided when one of them breaks a rule or stands in another's way."""
        try:
            async with self.raw() as connection, connection.pipeline(), connection.transaction():
                for due in batch:
                    await connection.execute(due.sql, due.params)  # type: ignore[arg-type]
        except Unavailable as error:
            return _settle(batch, error)
        except psycopg.Error as error:
            return _settle(batch, error) if _is_lost(error) else None
        _settle(batch, None)

    async def _alone(self, due: Due) -> None:
        try:
            async with self.raw() as connection:
                await connection.execute(due.sql, due.params)  # type: ignore[arg-type]
        except Exception as error:
            return _settle([due], error)
        _settle([due], None)


def _settle(batch: Sequence[Due], error: Exception | None) -> None:
    for due in batch:
        if due.done.done():
            continue
        if error:
            due.done.set_exception(error)
        else:
            due.done.set_result(None)


def _is_lost(error: psycopg.Error) -> bool:
    """The server went away (no SQLSTATE), or says that it does (class 57) or that the line broke (class 08)."""
    return isinstance(error, psycopg.OperationalError) and (error.sqlstate or "08")[:2] in ("08", "57")

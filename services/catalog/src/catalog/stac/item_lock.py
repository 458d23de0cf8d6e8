"""Locks an item for one writer among all processes: the API replaces whole items, so concurrent read-modify-write
would lose changes."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg

from kit.db.database import Database
from kit.errors import Unavailable

ItemLock = Callable[[str, str], AbstractAsyncContextManager[None]]


def lock_items(db: Database) -> ItemLock:
    @asynccontextmanager
    async def lock(collection: str, item_id: str) -> AsyncIterator[None]:
        """Raises Unavailable when the lock is not free in time."""
        name = f"stac {collection}/{item_id}"
        async with db.raw() as connection:
            try:
                await connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
                raise Unavailable("stac_item_busy", "Another request is writing this item. Try again.") from error
            try:
                yield
            finally:
                await connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (name,))

    return lock


@asynccontextmanager
async def lock_item(collection: str, item_id: str) -> AsyncIterator[None]:
    """Locks nothing, for a single writer."""
    yield

"""Writers of one item take turns, in whichever process they are: the API can replace items, not change them, so
whoever reads, changes and writes one would undo what another wrote in between."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg

from kit.db import Database
from kit.errors import Unavailable

Turn = Callable[[str, str], AbstractAsyncContextManager[None]]


def turns(db: Database) -> Turn:
    @asynccontextmanager
    async def turn(collection: str, item_id: str) -> AsyncIterator[None]:
        """Unavailable when the others take too long."""
        name = f"stac {collection}/{item_id}"
        async with db.raw() as connection:
            try:
                await connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (name,))
            except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
                raise Unavailable("stac_item_busy", "Others are writing this item, try again.") from error
            try:
                yield
            finally:
                await connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (name,))

    return turn


@asynccontextmanager
async def alone(collection: str, item_id: str) -> AsyncIterator[None]:
    """Where there is only one writer."""
    yield

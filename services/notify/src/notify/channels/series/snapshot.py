"""Reads of one moment, whose statements end with the time that their caller has."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

import psycopg

from kit.errors import Unavailable
from kit.messaging.deadline import remaining
from kit.messaging.tx import ReadTx

TOO_SLOW = "too_slow"
"""Code of the refusal of a read that took too long."""
_BEGIN: LiteralString = "set transaction isolation level repeatable read, read only"
_LIMIT: LiteralString = "select set_config('statement_timeout', %s, true)"


@asynccontextmanager
async def snapshot(read: ReadTx, seconds: float) -> AsyncIterator[psycopg.AsyncConnection]:
    """Yields a connection whose reads all see the same moment. No statement runs longer than `seconds`, nor than the
    caller waits. Raises Unavailable with the code `too_slow` for one that does."""
    limit = max(1, round(1000 * remaining(seconds)))
    try:
        async with read.db.raw() as connection, connection.transaction():
            await connection.execute(_BEGIN)
            await connection.execute(_LIMIT, (str(limit),))
            yield connection
    except psycopg.errors.QueryCanceled as error:
        raise Unavailable(TOO_SLOW, "The request timed out: ask for less, or try again.") from error

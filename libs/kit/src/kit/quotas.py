"""Limits on how many things of one kind a user may have at a time, or within a period."""

from typing import Any

import psycopg
from sqlalchemy import Select, Text, bindparam, func, select

from kit.db.sql import CompiledQuery
from kit.errors import RateLimited
from kit.messaging.tx import Tx

LOCK = 0x0A20
"""Separates these advisory locks from those of other kinds."""
UNFINISHED_RETRY = 60
"""Seconds after which another try is worthwhile."""
_LOCK = CompiledQuery(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(bindparam("of", type_=Text)))))


def counting(rows: Select[Any]) -> CompiledQuery:
    """Returns the query that counts the rows, up to its parameter `most`."""
    return CompiledQuery(select(func.count()).select_from(rows.limit(bindparam("most")).subquery()))


def ensure_below(most: int, count: CompiledQuery, of: str, refusal: RateLimited, tx: Tx, **params: Any) -> None:
    """Makes the commit of `tx` raise `refusal` when `count` finds `most` rows already; `params` are the parameters of
    `count`.

    `of` names the user and the kind of thing for a lock: of two simultaneous commands the second counts what the first
    has written.
    """

    async def check(connection: psycopg.AsyncConnection) -> None:
        # the result of the lock is not needed, so it travels with the count
        await connection.execute(_LOCK.sql, {**_LOCK.defaults, "of": of})
        if await count.value(connection, most=most, **params) >= most:
            raise refusal

    tx.check(check)


def too_many_unfinished(things: str, most: int, way_out: str) -> RateLimited:
    """Returns the refusal that names the limit `most` of unfinished `things` and, in `way_out`, what the user can
    do."""
    return RateLimited(
        "too_many_unfinished",
        f"{most} unfinished {things} are the most that one person may have at a time. {way_out}",
        limit=most, retry_after=UNFINISHED_RETRY,
    )  # fmt: skip

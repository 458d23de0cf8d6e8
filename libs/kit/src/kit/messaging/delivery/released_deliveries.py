"""Deliveries that ended without being an attempt: the worker was asked to end, or a server was away.

Each leaves a row in the inbox under a name of its own, which is pruned with the others.
"""

import logging
from uuid import UUID

from sqlalchemy import bindparam, func, select

from kit.db.database import Database
from kit.db.sql import CompiledQuery, insert, write
from kit.messaging.tables import inbox

log = logging.getLogger("kit.released_deliveries")
_COUNT = CompiledQuery(
    select(func.count()).select_from(inbox)
    .where(inbox.c.message_id == bindparam("message_id"), inbox.c.consumer.startswith(bindparam("consumer")))
)  # fmt: skip


async def mark(db: Database, durable: str, message_id: UUID, delivery: int) -> None:
    """Records that this delivery was no attempt. Raises psycopg errors or Unavailable."""
    values = {"consumer": f"{_name(durable)}{delivery}", "message_id": message_id, "fingerprint": b"", "actor_id": 0}
    async with db.raw() as connection:
        await write(connection, [insert(inbox, values)])


async def try_mark(db: Database, durable: str, message_id: UUID, delivery: int) -> None:
    """As `mark`; when the database is away, logs that, and the delivery counts as an attempt."""
    try:
        await mark(db, durable, message_id, delivery)
    except Exception as error:
        log.warning("release.unmarked", extra={"fields": {"reason": repr(error)}})


async def count(db: Database, durable: str, message_id: UUID) -> int:
    """Returns how many earlier deliveries of the message were no attempts."""
    async with db.raw() as connection:
        return await _COUNT.value(connection, message_id=message_id, consumer=_name(durable))


def _name(durable: str) -> str:
    return f"{durable} handed over "

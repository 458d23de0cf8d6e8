"""Deliveries that ended because their worker was asked to go: they are no failures of the message.

Each leaves a row in the inbox under a name of its own, which is pruned with the others.
"""

from sqlalchemy import bindparam, func, select

from kit.db import Database
from kit.messaging.envelope import Envelope
from kit.messaging.inbox import record
from kit.messaging.tables import inbox
from kit.statements import Prepared, write

_COUNT = Prepared(
    select(func.count()).select_from(inbox)
    .where(inbox.c.message_id == bindparam("message_id"), inbox.c.consumer.startswith(bindparam("consumer")))
)  # fmt: skip


async def note(db: Database, durable: str, envelope: Envelope, delivery: int) -> None:
    async with db.raw() as connection:
        await write(connection, [record(f"{_name(durable)}{delivery}", envelope, None)])


async def noted(db: Database, durable: str, envelope: Envelope) -> int:
    """How many earlier deliveries of the message were handed over."""
    async with db.raw() as connection:
        return await _COUNT.value(connection, message_id=envelope.id, consumer=_name(durable))


def _name(durable: str) -> str:
    return f"{durable} handed over "

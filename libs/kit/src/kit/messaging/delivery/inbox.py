"""The record of handled messages and their verdicts.

The inbox row is written in the same statement or transaction as the effect. A second delivery violates the primary key,
which undoes everything it did; then the first verdict counts. No read before the write is needed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import AsyncConnection
from sqlalchemy import ARRAY, Text, any_, bindparam, func, select

from contracts import headers as h
from contracts.streams import COMMANDS, CONSUMER_GROUPS, durable
from contracts.verdict import Accepted, Kind, Refused, Verdict
from kit.db.database import Database
from kit.db.sql import CompiledQuery, SqlFragment, insert, upsert, write
from kit.messaging.envelope import Envelope
from kit.messaging.tables import inbox

_STORED = CompiledQuery(
    select(inbox.c.fingerprint, inbox.c.verdict, inbox.c.dead)
    .where(inbox.c.consumer == bindparam("consumer"), inbox.c.message_id == bindparam("message_id"))
)  # fmt: skip
_BY_ID = CompiledQuery(
    select(inbox.c.fingerprint, inbox.c.verdict, inbox.c.actor_id, inbox.c.received_at)
    .where(inbox.c.consumer == any_(bindparam("consumers", type_=ARRAY(Text))))
    .where(inbox.c.message_id == bindparam("message_id"), inbox.c.verdict.is_not(None))
)  # fmt: skip
_LAST = CompiledQuery(select(func.max(inbox.c.received_at)).where(inbox.c.consumer == bindparam("consumer")))
REUSED = Refused(
    kind=Kind.INVALID, code="idempotency_key_reused",
    detail="This Idempotency-Key was used with another body.", facts={"http": 422},
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """What the first delivery of a message has left."""

    verdict: dict[str, Any] | None
    dead: bool


def record(consumer: str, envelope: Envelope, verdict: Verdict | None) -> SqlFragment:
    """Returns the inbox row as the last part of a commit. A replay of a dead message overwrites its row."""
    return _row(consumer, envelope, verdict, dead=False, overwrite=h.REPLAY in envelope.headers)


def _row(consumer: str, envelope: Envelope, verdict: Verdict | None, dead: bool, overwrite: bool) -> SqlFragment:
    values = {
        "consumer": consumer,
        "message_id": envelope.id,
        "fingerprint": envelope.fingerprint,
        "actor_id": envelope.actor.id,
        "verdict": orjson.Fragment(verdict.json_text) if verdict else None,
        "dead": int(dead),
    }
    if overwrite:
        return upsert(inbox, ("consumer", "message_id"), values)
    return insert(inbox, values)


async def stored(db: Database, consumer: str, envelope: Envelope) -> Stored | None:
    """Returns what the first delivery left, or None; REUSED as verdict when its body was another one."""
    async with db.raw() as connection:
        rows = await _STORED.rows(connection, consumer=consumer, message_id=envelope.id)
    if not rows:
        return None
    if rows[0]["fingerprint"] != envelope.fingerprint:
        return Stored(REUSED.model_dump(mode="json"), dead=False)
    return Stored(rows[0]["verdict"], bool(rows[0]["dead"]))


async def last_received(db: Database, consumer: str) -> datetime | None:
    """Returns the time at which the consumer last handled a message, or None."""
    async with db.raw() as connection:
        return await _LAST.value(connection, consumer=consumer)


async def command_status(db: Database, service: str, command_id: UUID) -> dict[str, Any] | None:
    """Returns `{fingerprint, verdict, actor_id, received_at}` of a command that `service` has decided, or None."""
    consumers = [durable(service, group.name) for group in CONSUMER_GROUPS.values() if group.stream == COMMANDS.name]
    async with db.raw() as connection:
        rows = await _BY_ID.rows(connection, consumers=consumers, message_id=command_id)
    return rows[0] if rows else None


async def record_failure(connection: AsyncConnection, consumer: str, envelope: Envelope, verdict: Verdict) -> None:
    """Marks the message as dead, unless an effect of it is on record."""
    known = await _STORED.rows(connection, consumer=consumer, message_id=envelope.id)
    if not known or known[0]["dead"]:
        await write(connection, [_row(consumer, envelope, verdict, dead=True, overwrite=True)])


def accepted(result: Any, http: int) -> Accepted:
    """Returns the verdict for the result of a handler; `http` is the status of the response."""
    return result if isinstance(result, Accepted) else Accepted(result=result, http=http)

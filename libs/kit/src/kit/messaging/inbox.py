"""The record of what was handled, and the verdicts.

The inbox row is written in the same statement or transaction as the effect. A second delivery breaks the primary key,
which undoes everything it did; then the first verdict counts. No look before the write is needed for that.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import bindparam, select

from contracts import headers as h
from contracts.verdict import Accepted, Kind, Refused, Verdict
from kit.db import Database
from kit.messaging.envelope import Envelope
from kit.messaging.tables import inbox
from kit.statements import Fragment, Prepared, insertion, upsertion, write

_STORED = Prepared(
    select(inbox.c.fingerprint, inbox.c.verdict, inbox.c.dead)
    .where(inbox.c.consumer == bindparam("consumer"), inbox.c.message_id == bindparam("message_id"))
)  # fmt: skip
_BY_ID = Prepared(
    select(inbox.c.verdict, inbox.c.actor_id, inbox.c.received_at)
    .where(inbox.c.message_id == bindparam("message_id"), inbox.c.verdict.is_not(None))
)  # fmt: skip
REUSED = Refused(
    kind=Kind.INVALID, code="idempotency_key_reused",
    detail="This Idempotency-Key was used with another body.", facts={"http": 422},
)  # fmt: skip


@dataclass(frozen=True)
class Stored:
    verdict: dict[str, Any] | None
    dead: bool


def record(consumer: str, envelope: Envelope, verdict: Verdict | None) -> Fragment:
    """The inbox row as the last part of a commit. A replay of a dead message overwrites its row."""
    return _row(consumer, envelope, verdict, dead=False, overwrite=h.REPLAY in envelope.headers)


def _row(consumer: str, envelope: Envelope, verdict: Verdict | None, dead: bool, overwrite: bool) -> Fragment:
    values = {
        "consumer": consumer,
        "message_id": envelope.id,
        "fingerprint": envelope.fingerprint,
        "actor_id": envelope.actor.id,
        "verdict": verdict.model_dump(mode="json") if verdict else None,
        "dead": int(dead),
    }
    if overwrite:
        return upsertion(inbox, ("consumer", "message_id"), values)
    return insertion(inbox, values)


async def stored(db: Database, consumer: str, envelope: Envelope) -> Stored | None:
    """What the first delivery left; REUSED as verdict when its body was another one."""
    async with db.raw() as connection:
        rows = await _STORED.rows(connection, consumer=consumer, message_id=envelope.id)
    if not rows:
        return None
    if rows[0]["fingerprint"] != envelope.fingerprint:
        return Stored(REUSED.model_dump(mode="json"), dead=False)
    return Stored(rows[0]["verdict"], bool(rows[0]["dead"]))


async def command_status(db: Database, command_id: UUID) -> dict[str, Any] | None:
    """`{verdict, actor_id, received_at}` of a command this service has judged."""
    async with db.raw() as connection:
        rows = await _BY_ID.rows(connection, message_id=command_id)
    return rows[0] if rows else None


async def bury(connection: AsyncConnection, consumer: str, envelope: Envelope, verdict: Verdict) -> None:
    """Marks the message as dead unless an effect of it is on record already."""
    known = await _STORED.rows(connection, consumer=consumer, message_id=envelope.id)
    if not known or known[0]["dead"]:
        await write(connection, [_row(consumer, envelope, verdict, dead=True, overwrite=True)])


def accepted(result: Any, http: int) -> Accepted:
    return result if isinstance(result, Accepted) else Accepted(result=_plain(result), http=http)


def _plain(result: Any) -> Any:
    return result.model_dump(mode="json") if hasattr(result, "model_dump") else result

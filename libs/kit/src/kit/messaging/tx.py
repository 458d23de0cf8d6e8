"""What a handler writes with.

`insert`, `upsert`, `write` and `emit` are remembered and run together with the inbox row when the handler returns: a
handler that reads nothing costs one statement, hence one round trip and one commit. The first touch of `session` opens
an ORM transaction; then everything commits with it. Handlers never commit.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.base import Event, Job
from contracts.shared import Actor
from kit.db import Database
from kit.messaging.envelope import SERVICE, Envelope, headers_of, new_id, subject_of
from kit.messaging.tables import outbox
from kit.statements import Fragment, combined, insertion, insertions, upsertion


class Tx:
    def __init__(self, db: Database, service: str, cause: Envelope | None = None, actor: Actor = SERVICE) -> None:
        self.db, self.service, self.cause = db, service, cause
        self.actor = cause.actor if cause else actor
        self.fragments: list[Fragment] = []
        self.outgoing: list[dict[str, Any]] = []
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        """ORM session of this transaction."""
        if self._session is None:
            self._session = self.db.session()
        return self._session

    def insert(self, row: type, **values: Any) -> None:
        """A row of the mapped class `row`."""
        self.fragments.append(insertion(_table(row), values))

    def upsert(self, row: type, key: Sequence[str], newer: str | None = None, **values: Any) -> None:
        """Insert or overwrite by `key`; with `newer` an existing row with a greater value in that column stays."""
        self.fragments.append(upsertion(_table(row), key, values, newer))

    def write(self, *fragments: Fragment) -> None:
        """Statements of one's own, where an insert or an upsert does not say it."""
        self.fragments += fragments

    def emit(self, message: Event | Job) -> UUID:
        """Goes out after the commit, at least once, in the order of commits. The service must own the message."""
        if message.owner() != self.service:
            raise ValueError(f"{self.service} may not emit {message.ce_type()}")
        message_id = new_id()
        headers = headers_of(message, self.service, self.actor, message_id, self.cause)
        values = {
            "subject": subject_of(message, message_id),
            "headers": headers,
            "data": message.model_dump_json().encode(),
        }
        self.outgoing.append(values)
        return message_id

    async def commit(self, *last: Fragment) -> None:
        """All that was remembered, then `last`, atomically. Called by the kit."""
        events = [insertions(outbox, self.outgoing)] if self.outgoing else []
        fragments = [*self.fragments, *events, *last]
        if self._session is not None:
            await _commit_session(self._session, fragments)
        elif fragments:
            await self.db.commits.write(fragments)

    async def abort(self) -> None:
        """Forgets everything, so that a refusal can be recorded on a clean transaction."""
        self.fragments, self.outgoing = [], []
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


class Wakes(Protocol):
    """The relay, as far as whoever writes is concerned."""

    def wake(self) -> None: ...


@asynccontextmanager
async def transaction(
    db: Database, service: str, relay: Wakes | None, cause: Envelope | None = None
) -> AsyncIterator[Tx]:
    """One transaction with outbox for what no handler of a message does: loops, jobs, sign-ins. Commits at the end of
    the block, an exception undoes it."""
    tx = Tx(db, service, cause)
    try:
        yield tx
        await tx.commit()
    finally:
        await tx.close()
    if tx.outgoing and relay:
        relay.wake()


class ReadTx:
    """What a query reads with: bare connections for prepared statements, an ORM session for the rest; never commits.
    `cause` is the message an effect answers: whatever it derives from that id is the same when it runs again."""

    def __init__(self, db: Database, actor: Actor, cause: Envelope | None = None) -> None:
        self.db, self.actor, self.cause = db, actor, cause
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        if self._session is None:
            self._session = self.db.session()
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


async def _commit_session(session: AsyncSession, fragments: list[Fragment]) -> None:
    await session.flush()
    if fragments:
        sql, params = combined(fragments)
        connection = await session.connection()
        await connection.exec_driver_sql(sql, params)
    await session.commit()


def _table(row: type) -> Table:
    return row.__table__  # type: ignore[attr-defined]

"""What a handler writes with.

`insert`, `upsert`, `write` and `emit` are collected and run together with the inbox row when the handler returns: a
handler that reads nothing costs one statement, hence one round trip and one commit. The first use of `session` opens an
ORM transaction; then everything commits with it. Handlers never commit.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, Protocol, cast
from uuid import UUID

import psycopg
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncSession

from contracts.base import Event, Job
from contracts.shared import Actor
from kit.db.database import Database
from kit.db.sql import SqlFragment, concatenate, insert, insert_many, upsert, upsert_many, write
from kit.jobs import queue
from kit.messaging.envelope import SERVICE, Envelope, headers_of, new_id, subject_of
from kit.messaging.tables import outbox

Check = Callable[[psycopg.AsyncConnection], Awaitable[None]]


class Tx:
    """The transaction of one message; `cause` is that message, `actor` the user it acts for when there is none."""

    def __init__(self, db: Database, service: str, cause: Envelope | None = None, actor: Actor = SERVICE) -> None:
        self.db, self.service, self.cause = db, service, cause
        self.actor = cause.actor if cause else actor
        self.fragments: list[SqlFragment] = []
        self.outgoing: list[dict[str, Any]] = []
        self.queued: list[dict[str, Any]] = []
        """Jobs that wait for the turn of their user."""
        self.checks: list[Check] = []
        self._hints: list[Callable[[], None]] = []
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        """ORM session of this transaction."""
        if self._session is None:
            self._session = self.db.session()
        return self._session

    @property
    def caused_at(self) -> datetime:
        """When the message that this transaction belongs to was sent. Raises ValueError where there is none."""
        if self.cause is None:
            raise ValueError("This transaction belongs to no message.")
        return self.cause.sent_at

    def insert(self, row: type, **values: Any) -> None:
        """Adds a row of the mapped class `row`; `values` maps columns to values."""
        self.fragments.append(insert(table_of(row), values))

    def upsert(self, row: type, key: Sequence[str], newer: str | None = None, **values: Any) -> None:
        """Inserts a row or overwrites the one with the same `key`. With `newer`, an existing row with a greater value
        in that column stays."""
        self.fragments.append(upsert(table_of(row), key, values, newer))

    def upsert_many(self, row: type, key: Sequence[str], rows: Sequence[dict[str, Any]], newer: str) -> None:
        """As `upsert`, for rows with the same columns, in one statement. Of several with the same `key` the one with
        the greatest value in the column `newer` counts, the last of equal ones."""
        newest = {tuple(values[name] for name in key): values for values in sorted(rows, key=itemgetter(newer))}
        self.fragments.append(upsert_many(table_of(row), key, list(newest.values()), newer))

    def write(self, *fragments: SqlFragment) -> None:
        """Adds statements that `insert` and `upsert` cannot express."""
        self.fragments += fragments

    def check(self, check: Check) -> None:
        """Adds a check that runs first in the transaction of the commit; the error it raises undoes everything."""
        self.checks.append(check)

    def emit(self, message: Event | Job) -> UUID:
        """Adds a message to the outbox and returns its id. It is published after the commit, at least once, in the
        order of commits; a job of a group with a quota waits for the turn of its user (`kit.jobs.queue`). Raises
        ValueError when the service does not own the message."""
        if message.owner() != self.service:
            raise ValueError(f"{self.service} may not emit {message.ce_type()}")
        message_id = new_id()
        headers = headers_of(message, self.service, self.actor, message_id, self.cause)
        values = {
            "subject": subject_of(message, message_id),
            "headers": headers,
            "data": message.model_dump_json().encode(),
        }
        if isinstance(message, Job) and queue.is_queued(type(message), self.actor):
            self.queued.append(queue.row(message, message_id, self.actor, values))
        else:
            self.outgoing.append(values)
        return message_id

    def publish(self, subject: str, data: bytes, headers: dict[str, str]) -> None:
        """Adds a message without a contract to the outbox. `headers` need a deduplication id (`Nats-Msg-Id`)."""
        self.outgoing.append({"subject": subject, "headers": headers, "data": data})

    def on_commit(self, hint: Callable[[], None]) -> None:
        """Calls `hint` once everything is committed. A crash between loses it, so it is for what is worth less than the
        commit: a sample, a wake-up."""
        self._hints.append(hint)

    @property
    def publishes(self) -> bool:
        """Whether there is anything for the relay."""
        return bool(self.outgoing or self.queued)

    async def commit(self, *last: SqlFragment) -> None:
        """Writes everything that was collected, then `last`, atomically. Only the kit calls it. Raises the error of a
        check or of the database."""
        events = [insert_many(outbox, self.outgoing)] if self.outgoing else []
        fragments = [*self.fragments, *events, *last]
        checks = [*self.checks, partial(queue.add, self.queued)] if self.queued else self.checks
        if self._session is not None:
            await _commit_session(self._session, checks, fragments)
        elif checks:
            await _commit_checked(self.db, checks, fragments)
        elif fragments:
            await self.db.commits.write(fragments)
        for hint in self._hints:
            hint()

    async def abort(self) -> None:
        """Discards everything, so that a refusal can be recorded in a clean transaction."""
        self.fragments, self.outgoing, self.queued, self.checks, self._hints = [], [], [], [], []
        if self._session is not None:
            session, self._session = self._session, None
            await session.close()

    async def close(self) -> None:
        """Gives the connection back; uncommitted changes are lost."""
        if self._session is not None:
            await self._session.close()


class OutboxWaker(Protocol):
    """The relay, as far as writers are concerned."""

    def wake(self) -> None: ...


@asynccontextmanager
async def transaction(
    db: Database, service: str, relay: OutboxWaker | None, cause: Envelope | None = None
) -> AsyncIterator[Tx]:
    """Opens a transaction with outbox for work that no handler of a message does: loops, jobs, sign-ins. Commits at the
    end of the block; an exception undoes it."""
    tx = Tx(db, service, cause)
    try:
        yield tx
        await tx.commit()
    finally:
        await tx.close()
    if tx.publishes and relay:
        relay.wake()


class ReadTx:
    """What a query reads with: bare connections for compiled queries, an ORM session for the rest; it never commits.
    `cause` is the message that an effect answers: ids derived from it are the same when the effect runs again."""

    def __init__(self, db: Database, actor: Actor, cause: Envelope | None = None) -> None:
        self.db, self.actor, self.cause = db, actor, cause
        self._session: AsyncSession | None = None

    @property
    def session(self) -> AsyncSession:
        """ORM session, opened on first use."""
        if self._session is None:
            self._session = self.db.session()
        return self._session

    async def close(self) -> None:
        """Gives the connection back; the next read takes one again. Call it before a slow call to another service:
        connections are few."""
        if self._session is not None:
            await self._session.close()


async def _commit_checked(db: Database, checks: list[Check], fragments: list[SqlFragment]) -> None:
    async with db.raw() as connection, connection.pipeline(), connection.transaction():
        for check in checks:
            await check(connection)
        if fragments:
            await write(connection, fragments)


async def _commit_session(session: AsyncSession, checks: list[Check], fragments: list[SqlFragment]) -> None:
    await session.flush()
    connection = await session.connection()
    for check in checks:
        await check(cast("psycopg.AsyncConnection", (await connection.get_raw_connection()).driver_connection))
    if fragments:
        sql, params = concatenate(fragments)
        await connection.exec_driver_sql(sql, params)
    await session.commit()


def table_of(row: type) -> Table:
    """Returns the table of a mapped class."""
    return row.__table__  # type: ignore[attr-defined]

"""Publishes the outbox to the streams. One active relay per service holds an advisory lock, so a service's events keep
their order.

It is woken in-process after a commit, sweeps each second, and publishes in batches. A publish that fails or times out
is *unknown*: the row stays and is published again under the same deduplication id.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts import headers as h
from contracts.base import token
from contracts.streams import EVENTS
from kit import failpoints
from kit.db.database import KEEPALIVE, Database, plain_url
from kit.messaging.delivery.dead_letters import dead_letter_unsent
from kit.messaging.outbox.batch_publisher import BatchPublisher, Row
from kit.messaging.outbox.outbox_metrics import Backlog
from kit.process.tasks import PersistentTimeout
from kit.telemetry import metrics

log = logging.getLogger("kit.relay")
WINDOW = 500
FEW = 4
"""Rows of a window after which the next one does not wait for others."""
PAUSE = 0.01
"""Seconds for which it waits after more of them: a window costs two statements, however many rows it has."""
SWEEP_INTERVAL = 1.0
STATEMENT_TIMEOUT = 10.0
"""Seconds after which a silent database counts as gone."""
ASYNC_COMMIT = "-c synchronous_commit=off"
"""A mark that a crash forgets is one more publish under the same deduplication id; commands need not wait behind its
fsync."""
IDLE_SESSION_TIMEOUT = "-c idle_session_timeout=30s"
"""Leader and candidates send a statement every second; PostgreSQL ends a silent leader's session, which frees its
lock."""
LOCK = 0x0FA1_4A1F
KEEP_PUBLISHED = timedelta(hours=24)
KEEP_INBOX = timedelta(seconds=EVENTS.max_age) + timedelta(days=1)
PRUNE_INTERVAL = 600.0
PRUNE_BATCH = 5_000
"""One batch of each table takes some 10 ms, in which nothing is published; one per sweep is six times what full load
writes."""
_DUE = "select seq, subject, headers, data, created_at from outbox where published_at is null order by seq limit %s"
_AGE = """
    select extract(epoch from now() - created_at)::float from outbox where published_at is null order by seq limit 1"""
_MARK = "update outbox set published_at = now() where seq = any(%s)"


_PRUNE_OUTBOX = """
    delete from outbox where ctid = any(array(
        select ctid from (
            select ctid, published_at from outbox where published_at is not null order by seq limit %(limit)s
        ) oldest where published_at < now() - %(keep)s))"""
_PRUNE_INBOX = """
    delete from inbox where ctid = any(array(
        select ctid from inbox where received_at < now() - %(keep)s order by received_at limit %(limit)s))"""
_PRUNE: tuple[tuple[LiteralString, timedelta], ...] = ((_PRUNE_OUTBOX, KEEP_PUBLISHED), (_PRUNE_INBOX, KEEP_INBOX))
"""Rows are found in the order of an index: after the first of many batches a scan of the table would pass all deleted
rows. Those of the outbox are published in the order of `seq`, so no index has to follow each mark."""


class Unacknowledged(Exception):
    """The stream did not confirm a batch; its rows stay and are published again."""


ERRORS = (Unacknowledged, psycopg.Error, NatsError, TimeoutError, OSError)


class Relay:
    """`run` belongs to the service's own processes. Workers commit too, and wake the leading relay by a ping on core
    NATS."""

    def __init__(self, service: str, db: Database, nc: Client) -> None:
        self.service, self.db, self.nc = service, db, nc
        self.pings = f"wake.{token(service)}"
        self.leading = False
        self._sent: set[asyncio.Task[None]] = set()
        self.publisher = BatchPublisher(nc)
        self._backlog = Backlog()
        self._woken = asyncio.Event()
        self.prune_due = time.monotonic() + PRUNE_INTERVAL

    def wake(self) -> None:
        """Makes the leading relay publish soon; in a process that does not lead, sends it a ping."""
        if self.leading:
            return self._woken.set()
        ping = asyncio.ensure_future(self._ping())
        self._sent.add(ping)
        ping.add_done_callback(self._sent.discard)

    async def _ping(self) -> None:
        """The sweep makes up for lost pings."""
        with suppress(NatsError):
            await self.nc.publish(self.pings, b"")

    async def _pinged(self, _: Msg) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Publishes for ever. After any failure it starts over with a new connection, after growing pauses."""
        pause = 0.25
        await self.nc.subscribe(self.pings, cb=self._pinged)
        await self.publisher.start()
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self.db.url, autocommit=True, options=f"{ASYNC_COMMIT} {IDLE_SESSION_TIMEOUT}", **KEEPALIVE
                ) as connection:
                    await self._lead(connection)
                    pause, self.leading = 0.25, True
                    await self._relay(connection)
            except ERRORS as error:
                self.leading = False
                if isinstance(error, psycopg.Error | TimeoutError):
                    metrics.OUTBOX_AGE.set(0)  # a bus that refuses is measured again at once, what hides here is not
                log.warning("relay.interrupted", extra={"fields": {"reason": repr(error)}})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _lead(self, connection: psycopg.AsyncConnection) -> None:
        """Waits until no other replica leads; PostgreSQL offers no notification for that. Candidates measure the age of
        the outbox too, so that it is reported even when there is no leader."""
        while not await _scalar(connection, "select pg_try_advisory_lock(%s)", LOCK):
            metrics.OUTBOX_AGE.set(await _scalar(connection, _AGE) or 0)
            await asyncio.sleep(SWEEP_INTERVAL)

    async def _relay(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            self._woken.clear()
            published = await self._window(connection)
            await self._prune(connection)
            if published == WINDOW:
                continue
            if published > FEW:
                await asyncio.sleep(PAUSE)
            await self._sleep()

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), SWEEP_INTERVAL)
        except TimeoutError:
            pass

    async def _window(self, connection: psycopg.AsyncConnection) -> int:
        """Publishes a batch; returns the number of rows, `WINDOW` when there may be more."""
        async with PersistentTimeout(STATEMENT_TIMEOUT):
            rows = await (await connection.execute(_DUE, (WINDOW,))).fetchall()
        await self._backlog.measure(connection, len(rows), WINDOW)
        metrics.OUTBOX_AGE.set(time.time() - rows[0][4].timestamp() if rows else 0)
        if not rows:
            return 0
        acked = await self.publisher.publish(row[:4] for row in rows)
        failpoints.reach("relay.acked")
        await self._mark(connection, acked)
        metrics.PUBLISHED.inc(len(acked))
        refused = {row[0]: row for row in rows if row[0] in self.publisher.refused}
        for row in refused.values():
            await self._set_aside(row[:4])
        if refused:
            await self._mark(connection, refused)
        if unknown := len(rows) - len(acked) - len(refused):
            raise Unacknowledged(f"{unknown} of {len(rows)} events were not acknowledged")
        return len(rows)

    async def _set_aside(self, row: Row) -> None:
        """Makes a dead letter of a row that no stream accepts, so that it neither delays the others nor is tried for
        ever."""
        number, subject, headers, data = row
        reason = self.publisher.refused[number]
        await dead_letter_unsent(self.nc, self.service, row, reason)
        facts = {"message_id": headers.get(h.ID), "subject": subject, "bytes": len(data), "reason": reason}
        log.error("outbox.set_aside", extra={"fields": facts})

    async def _mark(self, connection: psycopg.AsyncConnection, numbers: Iterable[int]) -> None:
        async with PersistentTimeout(STATEMENT_TIMEOUT):
            await connection.execute(_MARK, (list(numbers),))

    async def _prune(self, connection: psycopg.AsyncConnection) -> None:
        """Deletes old rows at most once a sweep; at every sweep while there are more."""
        if time.monotonic() < self.prune_due:
            return
        async with PersistentTimeout(STATEMENT_TIMEOUT):
            gone = [
                (await connection.execute(sql, {"keep": keep, "limit": PRUNE_BATCH})).rowcount for sql, keep in _PRUNE
            ]
        self.prune_due = time.monotonic() + (SWEEP_INTERVAL if max(gone) == PRUNE_BATCH else PRUNE_INTERVAL)


async def republish(url: str) -> int:
    """Marks everything that was published in the last `KEEP_PUBLISHED` as unpublished and returns the number of rows.
    For a broker that has lost its store; consumers recognise known messages by their inbox. Raises psycopg errors."""
    async with await psycopg.AsyncConnection.connect(plain_url(url), autocommit=True) as connection:
        again = "update outbox set published_at = null where published_at > now() - %s"
        return (await connection.execute(again, (KEEP_PUBLISHED,))).rowcount


async def _scalar(connection: psycopg.AsyncConnection, sql: LiteralString, *params: object) -> Any:
    async with PersistentTimeout(STATEMENT_TIMEOUT):
        row = await (await connection.execute(sql, params)).fetchone()
    return row[0] if row else None

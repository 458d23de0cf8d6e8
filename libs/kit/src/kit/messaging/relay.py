"""Outbox → streams. One active relay per service holds an advisory lock, so a service's events keep their order.

Woken in-process after a commit, sweeps each second, goes out in windows. A publish that fails or times out is
*unknown*: the row stays and goes out again under the same dedup id.
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
from kit import failpoints, metrics
from kit.db import ALIVE, Database, plain_url
from kit.ending import Limit
from kit.messaging.acks import Acks, Row
from kit.messaging.backlog import Backlog
from kit.messaging.dead import bury_unsent

log = logging.getLogger("kit.relay")
WINDOW = 500
SWEEP = 1.0
STATEMENT = 10.0
"""Seconds after which a silent database counts as gone."""
LAZY = "-c synchronous_commit=off"
"""A mark that a crash forgets is one more publish under the same dedup id; commands need not wait behind its fsync."""
CHATTY = "-c idle_session_timeout=30s"
"""Who leads, and who waits to, talks every second: a process that hangs or lost its power gives the lead away."""
LOCK = 0x0FA1_4A1F
KEEP_PUBLISHED = timedelta(hours=24)
KEEP_INBOX = timedelta(seconds=EVENTS.max_age) + timedelta(days=1)
PRUNE_EVERY = 600.0
PRUNE_BATCH = 5_000
"""One of each table takes some 10 ms, in which nothing is published; one a sweep is six times what full load writes."""
_DUE = "select seq, subject, headers, data, created_at from outbox where published_at is null order by seq limit %s"
_AGE = """
    select extract(epoch from now() - created_at)::float from outbox where published_at is null order by seq limit 1"""
_MARK = "update outbox set published_at = now() where seq = any(%s)"


def _delete_old(table: LiteralString, column: LiteralString) -> LiteralString:
    """In the order of an index: after the first of many batches a scan of the table would pass all that is gone."""
    oldest: LiteralString = f"select ctid from {table} where {column} < now() - %s order by {column} limit %s"
    return f"delete from {table} where ctid = any(array({oldest}))"


_PRUNE: tuple[tuple[LiteralString, timedelta], ...] = (
    (_delete_old("outbox", "published_at"), KEEP_PUBLISHED),
    (_delete_old("inbox", "received_at"), KEEP_INBOX),
)


class Unacknowledged(Exception):
    """The stream did not confirm a window; its rows stay and go out again."""


ERRORS = (Unacknowledged, psycopg.Error, NatsError, TimeoutError, OSError)


class Relay:
    """`run` in the service's processes only: workers commit too, and wake whoever leads by a ping on core NATS."""

    def __init__(self, service: str, db: Database, nc: Client) -> None:
        self.service, self.db, self.nc = service, db, nc
        self.pings = f"wake.{token(service)}"
        self.leading = False
        self._sent: set[asyncio.Task[None]] = set()
        self.acks = Acks(nc)
        self._backlog = Backlog()
        self._woken = asyncio.Event()
        self.prune_due = time.monotonic() + PRUNE_EVERY

    def wake(self) -> None:
        if self.leading:
            return self._woken.set()
        ping = asyncio.ensure_future(self._ping())
        self._sent.add(ping)
        ping.add_done_callback(self._sent.discard)

    async def _ping(self) -> None:
        """Lost pings are made up for by the sweep."""
        with suppress(NatsError):
            await self.nc.publish(self.pings, b"")

    async def _pinged(self, _: Msg) -> None:
        self._woken.set()

    async def run(self) -> None:
        """For ever. After any failure starts over with a new connection, a little later each time."""
        pause = 0.25
        await self.nc.subscribe(self.pings, cb=self._pinged)
        await self.acks.start()
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self.db.url, autocommit=True, options=f"{LAZY} {CHATTY}", **ALIVE
                ) as connection:
                    await self._lead(connection)
                    pause, self.leading = 0.25, True
                    await self._relay(connection)
            except ERRORS as error:
                self.leading = False
                if isinstance(error, psycopg.Error | TimeoutError):
                    metrics.OUTBOX_AGE.set(0)  # a bus that refuses is measured again at once, what hides here is not
                log.warning("relay.interrupted", extra={"facts": {"reason": repr(error)}})
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _lead(self, connection: psycopg.AsyncConnection) -> None:
        """Another replica leads until its connection ends; PostgreSQL has nothing to await for that. Those who wait
        measure too: were nobody to lead, nobody would say so."""
        while not await _scalar(connection, "select pg_try_advisory_lock(%s)", LOCK):
            metrics.OUTBOX_AGE.set(await _scalar(connection, _AGE) or 0)
            await asyncio.sleep(SWEEP)

    async def _relay(self, connection: psycopg.AsyncConnection) -> None:
        while True:
            self._woken.clear()
            full = await self._window(connection)
            await self._prune(connection)
            if not full:
                await self._sleep()

    async def _sleep(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), SWEEP)
        except TimeoutError:
            pass

    async def _window(self, connection: psycopg.AsyncConnection) -> bool:
        """Publishes what is due; true when there may be more."""
        async with Limit(STATEMENT):
            rows = await (await connection.execute(_DUE, (WINDOW,))).fetchall()
        await self._backlog.tell(connection, len(rows), WINDOW)
        metrics.OUTBOX_AGE.set(time.time() - rows[0][4].timestamp() if rows else 0)
        if not rows:
            return False
        acked = await self.acks.publish(row[:4] for row in rows)
        failpoints.reach("relay.acked")
        await self._mark(connection, acked)
        metrics.PUBLISHED.inc(len(acked))
        refused = {row[0]: row for row in rows if row[0] in self.acks.refused}
        for row in refused.values():
            await self._set_aside(row[:4])
        if refused:
            await self._mark(connection, refused)
        if unknown := len(rows) - len(acked) - len(refused):
            raise Unacknowledged(f"{unknown} of {len(rows)} events were not acknowledged")
        return len(rows) == WINDOW

    async def _set_aside(self, row: Row) -> None:
        """What no stream ever takes must not hold up the others, nor be tried for ever."""
        number, subject, headers, data = row
        reason = self.acks.refused[number]
        await bury_unsent(self.nc, self.service, row, reason)
        facts = {"message_id": headers.get(h.ID), "subject": subject, "bytes": len(data), "reason": reason}
        log.error("outbox.set_aside", extra={"facts": facts})

    async def _mark(self, connection: psycopg.AsyncConnection, numbers: Iterable[int]) -> None:
        async with Limit(STATEMENT):
            await connection.execute(_MARK, (list(numbers),))

    async def _prune(self, connection: psycopg.AsyncConnection) -> None:
        """At most once a sweep, however often it is woken; while there is more, at every sweep."""
        if time.monotonic() < self.prune_due:
            return
        async with Limit(STATEMENT):
            gone = [(await connection.execute(sql, (keep, PRUNE_BATCH))).rowcount for sql, keep in _PRUNE]
        self.prune_due = time.monotonic() + (SWEEP if max(gone) == PRUNE_BATCH else PRUNE_EVERY)


async def republish(url: str) -> int:
    """After the broker lost its store: what was published in the last `KEEP_PUBLISHED` is due again; how many.
    Whoever has handled a message already knows it by its inbox."""
    async with await psycopg.AsyncConnection.connect(plain_url(url), autocommit=True) as connection:
        again = "update outbox set published_at = null where published_at > now() - %s"
        return (await connection.execute(again, (KEEP_PUBLISHED,))).rowcount


async def _scalar(connection: psycopg.AsyncConnection, sql: LiteralString, *params: object) -> Any:
    async with Limit(STATEMENT):
        row = await (await connection.execute(sql, params)).fetchone()
    return row[0] if row else None

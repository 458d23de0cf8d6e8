"""Answers queries on core NATS: request and reply, with the service as queue group. Every query gets an answer, errors
included.

Handlers may return a contract, plain JSON values, or `bytes` that are JSON already (PostgreSQL can write it).
"""

import asyncio
import logging
import time
from datetime import timedelta
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from contracts import headers as h
from kit.db.database import TRANSIENT, Database
from kit.errors import DomainError, Internal, Unavailable
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.bus import QUERY_WAIT, REFUSED
from kit.messaging.deadline import deadline, remaining, requested_timeout
from kit.messaging.envelope import Envelope, MalformedMessage, opened
from kit.messaging.router import Route
from kit.messaging.tx import ReadTx
from kit.process.tasks import PersistentTimeout, wait_or_cancel
from kit.telemetry import metrics, tracing

log = logging.getLogger("kit.answers")
MAX_CONCURRENT = 64
MAX_SECONDS = 75.0
"""Seconds for one answer when the caller does not say how long it waits."""
STOP_TIMEOUT = 12.0
"""Seconds for the answers under way when the service ends; callers of the others are asked to try again."""
MAX_AGE = timedelta(seconds=QUERY_WAIT * 5 + 60)
"""Age of a query whose caller has gone, with a minute for clocks that differ more than was measured."""


class QueryServer:
    """Runs at most `MAX_CONCURRENT` handlers at a time; `routes` maps CloudEvents types to bound routes."""

    def __init__(self, service: str, routes: dict[str, Route], db: Database, nc: Client) -> None:
        self.service, self.routes, self.db, self.nc = service, routes, db, nc
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Subscribes to the queries of the service."""
        self._subscription = await self.nc.subscribe(f"qry.{self.service}.>", queue=self.service, cb=self._accept)

    async def stop(self) -> None:
        """Takes no more queries and ends those under way; the client must still be open for the last answers."""
        if self._subscription:
            await self._subscription.unsubscribe()
        await wait_or_cancel(self._tasks, STOP_TIMEOUT)

    async def _accept(self, msg: Msg) -> None:
        end = time.monotonic() + requested_timeout(msg.headers or {}, MAX_SECONDS)
        task = asyncio.create_task(self._answer(msg, end))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, msg: Msg, end: float) -> None:
        """`end` is the time of `time.monotonic` until which the caller waits."""
        headers = msg.headers or {}
        async with self._slots:
            if time.monotonic() > end:
                return _count_ended(headers, "waiting")
            name = f"process {headers.get(h.TYPE, 'unknown')}"
            span = tracing.span(name, SpanKind.SERVER, headers)
            with tracing.handling(msg.subject, headers), span, deadline(end):
                await self._reply(msg, headers)

    async def _reply(self, msg: Msg, headers: dict[str, str]) -> None:
        started = time.perf_counter()
        try:
            envelope = opened(msg.data, headers)
            if BROKER_CLOCK.now() - envelope.sent_at > MAX_AGE:
                return
            await msg.respond(_json(await self._run(envelope)))
        except asyncio.CancelledError:
            await self._refuse(msg, Unavailable("ending", "This process is ending, try again."))
            raise
        except Exception as error:
            await self._refuse(msg, _refusal(error))
        metrics.QUERY_SECONDS.labels(headers.get(h.TYPE, "unknown")).observe(time.perf_counter() - started)

    async def _refuse(self, msg: Msg, refusal: DomainError) -> None:
        refused = refusal.refused()
        await self.nc.publish(msg.reply, refused.model_dump_json().encode(), headers={REFUSED: refused.kind})

    async def _run(self, envelope: Envelope) -> Any:
        route = self.routes.get(envelope.headers[h.TYPE])
        if route is None:
            raise Internal("unknown_query", f"{self.service} does not answer {envelope.headers[h.TYPE]}")
        try:
            return await self._read(route, envelope)
        except (*TRANSIENT, DBAPIError) as error:
            if not _is_lost(error):
                raise
        return await self._read(route, envelope)  # the pool held a connection from before a restart

    async def _read(self, route: Route, envelope: Envelope) -> Any:
        read = ReadTx(self.db, envelope.actor)
        try:
            async with PersistentTimeout(remaining(MAX_SECONDS)):
                return await route.handler(envelope.message, read)
        except TimeoutError as error:
            if remaining(MAX_SECONDS) <= 0:
                _count_ended(envelope.headers, "working")
            raise Unavailable("too_slow", "The answer took too long, try again.") from error
        finally:
            await read.close()


def _count_ended(headers: dict[str, str], when: str) -> None:
    metrics.QUERIES_ENDED.labels(headers.get(h.TYPE, "unknown"), when).inc()


def _is_lost(error: Exception) -> bool:
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, TRANSIENT)


def _json(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if hasattr(value, "model_dump_json"):
        return value.model_dump_json().encode()
    return orjson.dumps(value, default=_contract)


def _contract(value: Any) -> Any:
    return value.model_dump(mode="json")


def _refusal(error: Exception) -> DomainError:
    if isinstance(error, DomainError):
        return error
    if isinstance(error, (*TRANSIENT, DBAPIError)) and _is_lost(error):
        return Unavailable("database_unavailable", "The database is not reachable, try again.")
    if isinstance(error, PoolExhausted):
        return Unavailable("database_busy", "The database is busy, try again.")
    log.error("query.failed", exc_info=error)
    return Internal(
        "bad_query" if isinstance(error, MalformedMessage) else "internal", "Something went wrong on our side."
    )

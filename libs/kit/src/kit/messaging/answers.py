"""Queries on core NATS: request and reply, queue group = service. Always an answer, every error included.

Handlers may return a contract, plain JSON values, or `bytes` that are JSON already (the database can write it).
"""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DBAPIError

from contracts import headers as h
from kit import metrics, telemetry
from kit.db import TRANSIENT, Database
from kit.ending import Limit, finished
from kit.errors import DomainError, Internal, Unavailable
from kit.messaging.bus import QUERY_WAIT, REFUSED
from kit.messaging.envelope import Envelope, Poison, opened
from kit.messaging.router import Route
from kit.messaging.tx import ReadTx

log = logging.getLogger("kit.answers")
MOST_AT_ONCE = 64
LONGEST = 75.0
"""Seconds for one answer; nobody waits longer (live predictions a minute), so it must not keep its place."""
FINISH = 12.0
"""Seconds for the answers under way when the service ends; who asked for the others is told to ask again."""
NOBODY_WAITS = timedelta(seconds=QUERY_WAIT * 5 + 60)
"""Age of a question whose asker has gone, with a minute for clocks that differ."""


class Answers:
    def __init__(self, service: str, routes: dict[str, Route], db: Database, nc: Client) -> None:
        self.service, self.routes, self.db, self.nc = service, routes, db, nc
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        self._subscription = await self.nc.subscribe(f"qry.{self.service}.>", queue=self.service, cb=self._accept)

    async def stop(self) -> None:
        """Takes no more; the client must still be open, for what is said last."""
        if self._subscription:
            await self._subscription.unsubscribe()
        await finished(self._tasks, FINISH)

    async def _accept(self, msg: Msg) -> None:
        task = asyncio.create_task(self._answer(msg))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, msg: Msg) -> None:
        headers = msg.headers or {}
        async with self._slots:
            name = f"process {headers.get(h.TYPE, 'unknown')}"
            with telemetry.handling(msg.subject, headers), telemetry.span(name, SpanKind.SERVER, headers):
                await self._reply(msg, headers)

    async def _reply(self, msg: Msg, headers: dict[str, str]) -> None:
        started = time.perf_counter()
        try:
            envelope = opened(msg.data, headers)
            if datetime.now(UTC) - envelope.sent_at > NOBODY_WAITS:
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
            async with Limit(LONGEST):
                return await route.handler(envelope.message, read)
        except TimeoutError as error:
            raise Unavailable("too_slow", "The answer took too long, try again.") from error
        finally:
            await read.close()


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
    log.error("query.failed", exc_info=error)
    return Internal("bad_query" if isinstance(error, Poison) else "internal", "Something went wrong on our side.")

"""Long work on the stream JOBS. The worker heartbeats; a killed worker's job is delivered again, and the delivery
number is the fencing token that every artifact key and status write carries."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.base import Live
from contracts.streams import CLASSES, durable
from kit import metrics, telemetry
from kit.db import Database
from kit.errors import DomainError, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.dead import bury
from kit.messaging.envelope import Envelope, Poison, opened
from kit.messaging.relay import Relay
from kit.messaging.retry import delay
from kit.messaging.router import Route
from kit.messaging.tx import ReadTx, Tx

log = logging.getLogger("kit.jobs")
HEARTBEAT = 7.0
LAST = CLASSES["jobs"].max_deliver


@dataclass
class JobContext:
    """What a job works with. `delivery` is the fencing token; on the `last` one a failure is final."""

    envelope: Envelope
    db: Database
    bus: Bus
    relay: Relay
    service: str
    delivery: int

    @property
    def last(self) -> bool:
        return self.delivery >= LAST

    @asynccontextmanager
    async def tx(self) -> AsyncIterator[Tx]:
        """One transaction with outbox; commits at the end of the block, an exception undoes it."""
        tx = Tx(self.db, self.service, self.envelope)
        try:
            yield tx
            await tx.commit()
        finally:
            await tx.close()
        if tx.outgoing:
            self.relay.wake()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        read = ReadTx(self.db, self.envelope.actor)
        try:
            yield read
        finally:
            await read.close()

    async def hint(self, live: Live) -> None:
        await self.bus.hint(live)


class JobSettler:
    """A handler that returns ends its job. A DomainError is permanent and the handler's own duty to record; any other
    error, and Unavailable, brings the job back until the last delivery, after which it is given up. A job whose workers
    died each time is delivered once more, only to be given up, so that nothing waits for it for ever."""

    def __init__(self, service: str, routes: dict[str, Route], db: Database, bus: Bus, relay: Relay) -> None:
        self.service, self.routes, self.db, self.bus, self.relay = service, routes, db, bus, relay
        self.durable = durable(service, "jobs")

    async def __call__(self, msg: Msg) -> None:
        headers = msg.headers or {}
        with telemetry.span(f"process {headers.get(h.TYPE, 'unknown')}", SpanKind.CONSUMER, headers):
            try:
                envelope = opened(msg.data, headers)
            except Poison as poison:
                return await self._set_aside(msg, str(poison))
            await self._attempt(msg, envelope)

    async def _attempt(self, msg: Msg, envelope: Envelope) -> None:
        beat = asyncio.create_task(_heartbeat(msg))
        try:
            await self._run(msg, envelope)
        except asyncio.CancelledError:
            await asyncio.shield(msg.nak())
            raise
        except Exception as error:
            await self._failed(msg, envelope, error)
        finally:
            beat.cancel()

    async def _run(self, msg: Msg, envelope: Envelope) -> None:
        route = self.routes[envelope.headers[h.TYPE]]
        context = self._context(msg, envelope)
        if context.delivery > LAST:
            return await self._give_up(msg, envelope, f"given up after {LAST} deliveries without an answer")
        await route.handler(envelope.message, context)
        metrics.JOBS.labels(envelope.headers[h.TYPE], "done").inc()
        await msg.ack_sync()

    def _context(self, msg: Msg, envelope: Envelope) -> JobContext:
        return JobContext(envelope, self.db, self.bus, self.relay, self.service, msg.metadata.num_delivered)

    async def _failed(self, msg: Msg, envelope: Envelope, error: Exception) -> None:
        kind, delivery = envelope.headers[h.TYPE], msg.metadata.num_delivered
        facts = {"message_id": str(envelope.id), "type": kind, "delivery": delivery}
        if isinstance(error, DomainError) and not isinstance(error, Unavailable):
            log.warning("job.refused", extra={"facts": facts | {"reason": str(error)}})
            return await msg.ack()
        log.error("job.failed", exc_info=error, extra={"facts": facts})
        metrics.JOBS.labels(kind, "failed").inc()
        if delivery == LAST:
            return await self._give_up(msg, envelope, f"{type(error).__name__}: {error}")
        await msg.nak(delay=delay(delivery))

    async def _give_up(self, msg: Msg, envelope: Envelope, reason: str) -> None:
        """The job's own word first; when that fails, the next delivery brings another try."""
        route = self.routes.get(envelope.headers[h.TYPE])
        try:
            if route and route.abandoned:
                await route.abandoned(envelope.message, self._context(msg, envelope))
        except Exception as error:
            log.error("job.not_given_up", exc_info=error, extra={"facts": {"message_id": str(envelope.id)}})
            return await msg.nak(delay=delay(LAST))
        await self._set_aside(msg, reason)

    async def _set_aside(self, msg: Msg, reason: str) -> None:
        await bury(msg, self.service, self.durable, reason)
        await msg.term()


async def _heartbeat(msg: Msg) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        await msg.in_progress()

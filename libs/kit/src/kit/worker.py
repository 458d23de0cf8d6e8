"""Long work on the stream JOBS. The worker heartbeats; a killed worker's job is delivered again, and the delivery
number is the fencing token that every artifact key and status write carries.

A worker that is asked to end takes nothing more, and hands the job in work over when it cannot be ended in time. That
uses up a delivery but no attempt: however often workers are replaced, a job is given up after `LAST` failures only.
"""

import asyncio
import logging

import psycopg
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.streams import durable
from kit import metrics, telemetry
from kit.db import Database
from kit.ending import finished
from kit.errors import DomainError, Unavailable
from kit.jobs import LAST, Closing, JobContext
from kit.messaging import handover
from kit.messaging.bus import Bus
from kit.messaging.dead import bury
from kit.messaging.envelope import Envelope, Poison, opened
from kit.messaging.relay import Relay
from kit.messaging.retry import delay
from kit.messaging.router import Route

log = logging.getLogger("kit.worker")
HEARTBEAT = 7.0
AWAY = (psycopg.Error, Unavailable)
GRACE = 10.0
"""Seconds for the job in work when the worker is asked to end."""


class JobSettler:
    """A handler that returns ends its job. A DomainError is permanent and the handler's own duty to record; any other
    error, and Unavailable, brings the job back until the last attempt, after which it is given up. A job whose workers
    died each time is delivered once more, only to be given up, so that nothing waits for it for ever."""

    def __init__(self, service: str, routes: dict[str, Route], db: Database, bus: Bus, relay: Relay) -> None:
        self.service, self.routes, self.db, self.bus, self.relay = service, routes, db, bus, relay
        self.durable = durable(service, "jobs")
        self.closing = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()

    async def __call__(self, msg: Msg) -> None:
        """In a task of its own, so that the end of the worker cancels the job and not the loop that fetched it."""
        work = asyncio.create_task(self._settle(msg), name=self.durable)
        self._work.add(work)
        await asyncio.wait({work})
        self._work.discard(work)
        if not work.cancelled() and (error := work.exception()):
            log.warning("job.left", exc_info=error, extra={"facts": {"durable": self.durable}})

    async def stop(self) -> None:
        """Hands over what is taken from now on, and what is not done after `GRACE` seconds."""
        self.closing.set()
        await finished(self._work, GRACE)

    async def _settle(self, msg: Msg) -> None:
        headers = msg.headers or {}
        name = f"process {headers.get(h.TYPE, 'unknown')}"
        with telemetry.handling(msg.subject, headers), telemetry.span(name, SpanKind.CONSUMER, headers):
            try:
                envelope = opened(msg.data, headers)
            except Poison as poison:
                return await self._set_aside(msg, str(poison))
            await self._attempt(msg, envelope)

    async def _attempt(self, msg: Msg, envelope: Envelope) -> None:
        beat = asyncio.create_task(_heartbeat(msg))
        try:
            await self._judged(msg, envelope)
        except Closing:
            await self._hand_over(msg, envelope)
        except asyncio.CancelledError:
            await self._hand_over(msg, envelope)
            raise
        finally:
            beat.cancel()

    async def _judged(self, msg: Msg, envelope: Envelope) -> None:
        if self.closing.is_set():
            raise Closing
        try:
            context = await self._context(msg, envelope)
        except AWAY:
            return await msg.nak(delay=delay(msg.metadata.num_delivered))
        if context.attempt > LAST:
            return await self._give_up(msg, context, f"given up after {LAST} deliveries without an answer")
        try:
            await self._run(msg, context)
        except Closing:
            raise
        except Exception as error:
            await self._failed(msg, context, error)

    async def _context(self, msg: Msg, envelope: Envelope) -> JobContext:
        delivery = msg.metadata.num_delivered
        others = await handover.noted(self.db, self.durable, envelope) if delivery > 1 else 0
        return JobContext(envelope, self.db, self.bus, self.relay, self.service, delivery, others, self.closing)

    async def _run(self, msg: Msg, context: JobContext) -> None:
        kind = context.envelope.headers[h.TYPE]
        await self.routes[kind].handler(context.envelope.message, context)
        metrics.JOBS.labels(kind, "done").inc()
        await msg.ack_sync()

    async def _hand_over(self, msg: Msg, envelope: Envelope) -> None:
        delivery = msg.metadata.num_delivered
        log.info("job.handed_over", extra={"facts": {"delivery": delivery}})
        metrics.JOBS.labels(envelope.headers[h.TYPE], "handed over").inc()
        try:
            await handover.note(self.db, self.durable, envelope, delivery)
        except AWAY as error:  # then it counts as an attempt
            log.warning("job.handed_over_unnoted", extra={"facts": {"reason": repr(error)}})
        await msg.nak()

    async def _failed(self, msg: Msg, context: JobContext, error: Exception) -> None:
        kind = context.envelope.headers[h.TYPE]
        facts = {"type": kind, "delivery": context.delivery}
        if isinstance(error, DomainError) and not isinstance(error, Unavailable):
            log.warning("job.refused", extra={"facts": facts | {"reason": str(error)}})
            return await msg.ack()
        log.error("job.failed", exc_info=error, extra={"facts": facts})
        metrics.JOBS.labels(kind, "failed").inc()
        if context.last:
            return await self._give_up(msg, context, f"{type(error).__name__}: {error}")
        await msg.nak(delay=delay(context.attempt))

    async def _give_up(self, msg: Msg, context: JobContext, reason: str) -> None:
        """The job's own word first; when that fails, the next delivery brings another try."""
        route = self.routes.get(context.envelope.headers[h.TYPE])
        try:
            if route and route.abandoned:
                await route.abandoned(context.envelope.message, context)
        except Exception as error:
            log.error("job.not_given_up", exc_info=error)
            return await msg.nak(delay=delay(LAST))
        await self._set_aside(msg, reason)

    async def _set_aside(self, msg: Msg, reason: str) -> None:
        await bury(msg, self.service, self.durable, reason)
        await msg.term()


async def _heartbeat(msg: Msg) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        await msg.in_progress()

"""Long work on the stream JOBS. The worker sends heartbeats; the job of a killed worker is delivered again, and the
number of the delivery is the fencing token of every artifact key and status write.

A worker that is asked to end takes nothing more, and hands over the job in work when it does not end in time. A job
that meets an outage of a server of the deployment is delivered again later. Both use up a delivery but no attempt:
however often workers are replaced and however long an outage lasts, a job is given up only after as many failures as
the row `jobs` of `failures.POLICIES` says.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import UUID

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.streams import CONSUMER_GROUPS, durable
from kit.db.database import Database
from kit.jobs import queue
from kit.jobs.context import POLICY, JobContext
from kit.jobs.heartbeats import HeldElsewhere
from kit.messaging.bus import Bus
from kit.messaging.delivery import released_deliveries
from kit.messaging.delivery.ack_heartbeat import in_progress
from kit.messaging.delivery.dead_letters import dead_letter
from kit.messaging.delivery.failures import POLICIES, Deliveries, WorkerShutdown, crashed_too_often, decide
from kit.messaging.envelope import Envelope, MalformedMessage, opened
from kit.messaging.outbox.relay import Relay
from kit.messaging.router import Route
from kit.outages import describe_outage, is_outage
from kit.process.tasks import wait_or_cancel
from kit.telemetry import metrics, tracing
from kit.telemetry.activity import record_wait

log = logging.getLogger("kit.worker")
T = TypeVar("T")
OUTAGE_PAUSE = 1.0
"""Seconds between two tries to reach the service's own database."""
LONG_PAUSE = 40.0
"""Seconds; a job that pauses for longer gives its turn to its user's next one. Longer than any pause of an outage."""
GRACE = 10.0
"""Seconds that the job in work has when the worker is asked to end."""


class JobSettler:
    """Runs the jobs of one group and does with each what the row `jobs` of `failures.POLICIES` says. A handler that
    returns ends its job. A DomainError is permanent, and the handler has to record it. An outage (`kit.outages`) brings
    the job back however often; any other error brings it back until the last attempt. A job whose workers died each
    time is delivered once more, only to be given up, so that nothing waits for it for ever."""

    def __init__(
        self, service: str, routes: dict[str, Route], db: Database, bus: Bus, relay: Relay, group: str
    ) -> None:
        self.service, self.routes, self.db, self.bus, self.relay = service, routes, db, bus, relay
        self.group, self.durable = group, durable(service, group)
        self.shared = CONSUMER_GROUPS[group].per_user is not None
        self.closing = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()

    async def __call__(self, msg: Msg) -> None:
        """Settles one message. The work runs in a task of its own, so that the end of the worker cancels the job and
        not the loop that fetched it."""
        work = asyncio.create_task(self._settle(msg), name=self.durable)
        self._work.add(work)
        await asyncio.wait({work})
        self._work.discard(work)
        if not work.cancelled() and (error := work.exception()):
            log.warning("job.left", exc_info=error, extra={"fields": {"durable": self.durable}})

    async def stop(self) -> None:
        """Hands over what is delivered from now on, and cancels what does not end within `GRACE` seconds."""
        self.closing.set()
        await wait_or_cancel(self._work, GRACE)

    async def _settle(self, msg: Msg) -> None:
        headers = msg.headers or {}
        name = f"process {headers.get(h.TYPE, 'unknown')}"
        with tracing.handling(msg.subject, headers), tracing.span(name, SpanKind.CONSUMER, headers):
            try:
                envelope = opened(msg.data, headers)
            except MalformedMessage as error:
                return await self._set_aside(msg, str(error), error.envelope)
            await self._attempt(msg, envelope)

    async def _attempt(self, msg: Msg, envelope: Envelope) -> None:
        try:
            async with in_progress(msg, POLICY):
                await self._process(msg, envelope)
        except (WorkerShutdown, asyncio.CancelledError) as error:
            await self._hand_over(msg, envelope, error)
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _process(self, msg: Msg, envelope: Envelope) -> None:
        if self.closing.is_set():
            raise WorkerShutdown
        record_wait(self.bus.samples, self.durable, msg)
        context = await self._context(msg, envelope)
        if not await self._begins(envelope):
            return await msg.ack()
        if reason := crashed_too_often(POLICY, context.deliveries):
            return await self._give_up(msg, context, reason)
        kind = envelope.headers[h.TYPE]
        try:
            await self.routes[kind].handler(envelope.message, context)
        except WorkerShutdown:
            raise
        except Exception as error:
            return await self._failed(msg, context, error)
        metrics.JOBS.labels(kind, "done").inc()
        await self._leave(queue.end, envelope)
        await self._acknowledge(msg, envelope)

    async def _begins(self, envelope: Envelope) -> bool:
        """Returns False for a queued job that has ended; a replay by an operator runs all the same."""
        if not self.shared:
            return True
        begins = await self._once_there(lambda: queue.begin(self.db, envelope.id))
        return begins or h.REPLAY in envelope.headers

    async def _leave(self, leave: Callable[[Database, UUID], Awaitable[None]], envelope: Envelope | None) -> None:
        """Tells the queue that the job ends or rests, before the bus is told."""
        if self.shared and envelope:
            await self._once_there(lambda: leave(self.db, envelope.id))
            self.relay.wake()

    async def _context(self, msg: Msg, envelope: Envelope) -> JobContext:
        """Waits in place for the service's own database, which knows how many deliveries were attempts."""
        delivery, released = msg.metadata.num_delivered, 0
        if delivery >= POLICIES[POLICY].count_from:
            released = await self._once_there(lambda: released_deliveries.count(self.db, self.durable, envelope.id))
        return JobContext(envelope, self.db, self.bus, self.relay, self.service, delivery, released, self.closing)

    async def _once_there(self, call: Callable[[], Awaitable[T]]) -> T:
        """Returns the result of the first call that the service's own database answers. Raises WorkerShutdown when the
        worker is asked to end before."""
        while not self.closing.is_set():
            try:
                return await call()
            except Exception as error:
                if not is_outage(error):
                    raise
            with suppress(TimeoutError):
                await asyncio.wait_for(self.closing.wait(), OUTAGE_PAUSE)
        raise WorkerShutdown

    async def _acknowledge(self, msg: Msg, envelope: Envelope) -> None:
        """A failed acknowledgement brings back a job that is done; the next delivery finds nothing to do and is no
        failure."""
        try:
            await msg.ack_sync()
        except (TimeoutError, NatsError) as error:
            facts = {"delivery": msg.metadata.num_delivered, "reason": repr(error)}
            log.warning("job.unacknowledged", extra={"fields": facts})
            await self._release(msg, envelope)

    async def _failed(self, msg: Msg, context: JobContext, error: Exception) -> None:
        decision = decide(POLICY, error, context.deliveries)
        if not decision.is_attempt:
            await self._release_for_outage(msg, context, error)
        elif decision.action == "acknowledge":
            facts = self._fields(context) | {"reason": str(error)}
            log.warning("job.refused", extra={"fields": facts})
            await self._leave(queue.end, context.envelope)
            return await msg.ack()
        else:
            log.error("job.failed", exc_info=error, extra={"fields": self._fields(context)})
            metrics.JOBS.labels(context.envelope.headers[h.TYPE], "failed").inc()
        if decision.action == "dead_letter":
            return await self._give_up(msg, context, f"{type(error).__name__}: {error}")
        if decision.delay > LONG_PAUSE:
            await self._leave(queue.rest, context.envelope)
        await msg.nak(delay=decision.delay)

    @staticmethod
    def _fields(context: JobContext) -> dict[str, Any]:
        return {"type": context.envelope.headers[h.TYPE], "delivery": context.delivery}

    async def _release_for_outage(self, msg: Msg, context: JobContext, error: Exception) -> None:
        kind = context.envelope.headers[h.TYPE]
        log.warning("job.postponed", extra={"fields": {"type": kind, "reason": repr(error)}})
        metrics.JOBS.labels(kind, "postponed").inc()
        await self._once_there(lambda: self._mark_released(msg, context.envelope))
        if not isinstance(error, HeldElsewhere):
            await self._note_wait(context, describe_outage(error))

    async def _note_wait(self, context: JobContext, reason: str) -> None:
        route = self.routes[context.envelope.headers[h.TYPE]]
        try:
            if route.on_wait:
                await route.on_wait(context.envelope.message, context, reason)
        except Exception as error:
            log.warning("job.wait_unnoted", extra={"fields": {"reason": repr(error)}})

    async def _mark_released(self, msg: Msg, envelope: Envelope) -> None:
        await released_deliveries.mark(self.db, self.durable, envelope.id, msg.metadata.num_delivered)

    async def _release(self, msg: Msg, envelope: Envelope) -> None:
        await released_deliveries.try_mark(self.db, self.durable, envelope.id, msg.metadata.num_delivered)

    async def _hand_over(self, msg: Msg, envelope: Envelope, error: BaseException) -> None:
        delivery = msg.metadata.num_delivered
        log.info("job.handed_over", extra={"fields": {"delivery": delivery}})
        metrics.JOBS.labels(envelope.headers[h.TYPE], "handed over").inc()
        await self._release(msg, envelope)
        await msg.nak(delay=decide(POLICY, error, Deliveries(delivery)).delay)

    async def _give_up(self, msg: Msg, context: JobContext, reason: str) -> None:
        """Calls the route's `on_give_up` first; when that fails, the next delivery tries again."""
        route = self.routes.get(context.envelope.headers[h.TYPE])
        try:
            if route and route.on_give_up:
                await route.on_give_up(context.envelope.message, context)
        except Exception as error:
            log.error("job.not_given_up", exc_info=error)
            return await msg.nak(delay=POLICIES[POLICY].give_up_pause)
        await self._set_aside(msg, reason, context.envelope)

    async def _set_aside(self, msg: Msg, reason: str, envelope: Envelope | None) -> None:
        await dead_letter(msg, self.service, self.durable, reason)
        await self._leave(queue.end, envelope)
        await msg.term()

"""Decides what becomes of a delivered message. The only place that acknowledges.

Order: parse → late? → handler → inbox row, rows, outbox and verdict in one commit → reply → ack. A crash anywhere
before the ack only repeats the message, and the inbox answers it.
"""

import asyncio
import logging
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from uuid import UUID

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.streams import ConsumerGroup, durable
from contracts.verdict import VERDICT, Accepted, Kind, Refused
from kit.db.database import Database
from kit.errors import Unavailable
from kit.messaging import staging
from kit.messaging.delivery import inbox, released_deliveries
from kit.messaging.delivery.ack_heartbeat import in_progress
from kit.messaging.delivery.dead_letters import dead_letter
from kit.messaging.delivery.execute import Executor
from kit.messaging.delivery.failures import POLICIES, Deliveries, crashed_too_often, decide, rule_for
from kit.messaging.delivery.recent_failures import RecentFailures
from kit.messaging.envelope import Envelope, MalformedMessage, opened
from kit.messaging.router import Route
from kit.messaging.tx import OutboxWaker
from kit.process.garbage import rare_collections
from kit.storage.object_storage import Storage
from kit.telemetry import metrics, tracing

log = logging.getLogger("kit.settle")
POLICY = "messages"
"""Row of `failures.POLICIES`."""


@dataclass
class Settler:
    """One per durable; `routes` maps CloudEvents types to bound routes."""

    service: str
    group: ConsumerGroup
    routes: dict[str, Route]
    db: Database
    relay: OutboxWaker
    storage: Storage | None = None
    """Where the bodies of large commands are."""
    failures: RecentFailures = field(default_factory=RecentFailures)

    def __post_init__(self) -> None:
        self.durable = durable(self.service, self.group.name)
        timeout = self.group.timeout
        self.executor = Executor(self.service, self.durable, timeout, self.db, self.relay, self.failures)

    async def __call__(self, msg: Msg) -> None:
        headers = msg.headers or {}
        if headers.get(h.TARGET_CONSUMER, self.durable) != self.durable:
            return await msg.ack()
        name = f"process {headers.get(h.TYPE, 'unknown')}"
        attributes = {"messaging.system": "nats"}
        collecting = rare_collections() if h.STAGED in headers else nullcontext()
        span = tracing.span(name, SpanKind.CONSUMER, headers, **attributes)
        with tracing.handling(msg.subject, headers), span, collecting:
            await self._settle(msg, headers)

    async def _settle(self, msg: Msg, headers: dict[str, str]) -> None:
        try:
            if h.STAGED in headers and not await self._unpacked(msg, headers):
                return
            envelope = opened(msg.data, headers)
        except MalformedMessage as error:
            return await self._give_up(msg, error.envelope, str(error))
        route = self.routes.get(headers[h.TYPE])
        if route is None:
            return await msg.ack()
        await self._attempt(msg, envelope, route)

    async def _unpacked(self, msg: Msg, headers: dict[str, str]) -> bool:
        """Returns False when there is nothing to do now: the object store is away, or the command was decided before.
        Raises MalformedMessage for a body that is gone."""
        try:
            async with in_progress(msg, POLICY) as kept:
                await kept.retrying(lambda: staging.unpack(self.storage, msg))
        except Unavailable as error:
            delivery = msg.metadata.num_delivered
            await released_deliveries.try_mark(self.db, self.durable, UUID(headers[h.ID]), delivery)
            await msg.nak(delay=decide(POLICY, error, Deliveries(delivery)).delay)
            return False
        except staging.Gone as gone:
            known = await inbox.command_status(self.db, self.service, UUID(headers[h.ID]))
            if known is None:
                raise MalformedMessage(str(gone)) from gone
            is_same = known["fingerprint"].hex() == staging.fingerprint(b"", headers)
            await self._reply(msg, headers, VERDICT.validate_python(known["verdict"]) if is_same else inbox.REUSED)
            await msg.ack()
            return False
        return True

    async def _attempt(self, msg: Msg, envelope: Envelope, route: Route) -> None:
        try:
            if reason := crashed_too_often(POLICY, await self._deliveries(msg, envelope)):
                return await self._give_up(msg, envelope, reason)
            async with in_progress(msg, POLICY) as kept:
                place = msg.metadata
                verdict = await kept.retrying(
                    lambda: self.executor.execute(envelope, route, place.timestamp, place.num_delivered == 1)
                )
            await self._answer(msg, envelope, verdict)
            self.failures.pop(envelope.id, None)
        except asyncio.CancelledError as error:
            again = decide(POLICY, error, Deliveries(msg.metadata.num_delivered))
            await asyncio.shield(msg.nak(delay=again.delay))
            raise
        except Exception as error:
            await self._retry_or_give_up(msg, envelope, error)

    async def _answer(self, msg: Msg, envelope: Envelope, verdict: Accepted | Refused | None) -> None:
        if verdict:
            await self._reply(msg, envelope.headers, verdict)
        await msg.ack()
        await self._clear_staged(msg, envelope.headers)

    async def _reply(self, msg: Msg, headers: dict[str, str], verdict: Accepted | Refused) -> None:
        if h.REPLY in headers:
            await msg._client.publish(headers[h.REPLY], verdict.json_text)

    async def _clear_staged(self, msg: Msg, headers: dict[str, str]) -> None:
        """Deletes the body in the object store; `staging.sweep` deletes what is left now."""
        if h.STAGED in headers:
            with suppress(Unavailable):
                await staging.remove(self.storage, msg)

    async def _retry_or_give_up(self, msg: Msg, envelope: Envelope, error: Exception) -> None:
        facts = {"type": envelope.headers[h.TYPE], "delivery": msg.metadata.num_delivered}
        reason = f"{type(error).__name__}: {error}"
        decision = decide(POLICY, error, await self._counted(msg, envelope, error))
        if decision.action == "dead_letter":
            log.error("message.buried", exc_info=error, extra={"fields": facts})
            return await self._give_up(msg, envelope, f"{reason}{self.failures.past(envelope.id)}")
        if decision.is_attempt:
            self.failures[envelope.id] = reason
        else:
            await released_deliveries.try_mark(self.db, self.durable, envelope.id, msg.metadata.num_delivered)
        log.warning("message.retried", exc_info=error, extra={"fields": facts})
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "retried").inc()
        await msg.nak(delay=decision.delay)

    async def _counted(self, msg: Msg, envelope: Envelope, error: Exception) -> Deliveries:
        """Asks the database for attempts only when they decide something: it may be away."""
        if rule_for(POLICY, error).limited:
            return await self._deliveries(msg, envelope)
        return Deliveries(msg.metadata.num_delivered)

    async def _deliveries(self, msg: Msg, envelope: Envelope) -> Deliveries:
        number = msg.metadata.num_delivered
        if number < POLICIES[POLICY].count_from:
            return Deliveries(number)
        return Deliveries(number, await released_deliveries.count(self.db, self.durable, envelope.id))

    async def _give_up(self, msg: Msg, envelope: Envelope | None, reason: str) -> None:
        verdict = Refused(
            kind=Kind.INTERNAL, code="dead_letter", detail="It could not be processed and became a dead letter."
        )
        await dead_letter(msg, self.service, self.durable, reason)
        if envelope:
            async with self.db.raw() as connection:
                await inbox.record_failure(connection, self.durable, envelope, verdict)
            await self._reply(msg, envelope.headers, verdict)
        await msg.term()
        await self._clear_staged(msg, msg.headers or {})

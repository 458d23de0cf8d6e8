"""Deciding the fate of one delivered message. The only place that acknowledges.

Order: parse → late? → handler → inbox row, rows, outbox and verdict in one commit → reply → ack. A crash anywhere
before the ack only repeats the message, and the inbox answers it.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Any

import psycopg
from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind
from sqlalchemy.exc import DBAPIError, IntegrityError

from contracts import headers as h
from contracts.base import Command
from contracts.streams import Class, durable
from contracts.verdict import VERDICT, Accepted, Kind, Refused
from kit import failpoints, metrics, telemetry
from kit.db import TRANSIENT, Database
from kit.errors import Conflict, DomainError, Expired, Unavailable
from kit.messaging import inbox
from kit.messaging.dead import bury
from kit.messaging.envelope import Envelope, Poison, opened
from kit.messaging.retry import BURY_AFTER, delay, held
from kit.messaging.router import Route
from kit.messaging.tx import ReadTx, Tx, Wakes
from kit.statements import write

log = logging.getLogger("kit.settle")


@dataclass
class Settler:
    """One per durable; `routes` maps CloudEvents types to bound handlers."""

    service: str
    latency: Class
    routes: dict[str, Route]
    db: Database
    relay: Wakes

    def __post_init__(self) -> None:
        self.durable = durable(self.service, self.latency.name)

    async def __call__(self, msg: Msg) -> None:
        headers = msg.headers or {}
        if headers.get(h.ONLY, self.durable) != self.durable:
            return await msg.ack()
        name = f"process {headers.get(h.TYPE, 'unknown')}"
        attributes = {"messaging.system": "nats"}
        with telemetry.handling(msg.subject, headers), telemetry.span(name, SpanKind.CONSUMER, headers, **attributes):
            await self._settle(msg, headers)

    async def _settle(self, msg: Msg, headers: dict[str, str]) -> None:
        try:
            envelope = opened(msg.data, headers)
        except Poison as poison:
            return await self._bury(msg, poison.envelope, str(poison))
        route = self.routes.get(headers[h.TYPE])
        if route is None:
            return await msg.ack()
        await self._attempt(msg, envelope, route)

    async def _attempt(self, msg: Msg, envelope: Envelope, route: Route) -> None:
        try:
            async with held(msg) as hold:
                verdict = await hold.retrying(lambda: self._timed(envelope, route, msg.metadata.num_delivered))
            await self._answer(msg, envelope, verdict)
        except asyncio.CancelledError:
            await asyncio.shield(msg.nak())
            raise
        except Exception as error:
            await self._retry_or_bury(msg, envelope, error)

    async def _timed(self, envelope: Envelope, route: Route, delivery: int) -> Any:
        started = time.perf_counter()
        async with asyncio.timeout(self.latency.timeout):
            verdict = await self._once(envelope, route, delivery)
        metrics.HANDLER_SECONDS.labels(envelope.headers[h.TYPE]).observe(time.perf_counter() - started)
        return verdict

    async def _once(self, envelope: Envelope, route: Route, delivery: int) -> Any:
        """The verdict as JSON: of this call, or of the first delivery."""
        if delivery > 1 or route.latency in ("effects", "reactions") or h.REPLAY in envelope.headers:
            first = await inbox.stored(self.db, self.durable, envelope)
            if first and not (first.dead and h.REPLAY in envelope.headers):
                return self._known(envelope, first)
        try:
            return await self._handle(envelope, route)
        except (IntegrityError, psycopg.IntegrityError) as error:
            return await self._collision(envelope, error)
        except Expired as refusal:
            if delivery > 1:  # it was in our hands in time: that we failed must not be lost
                raise
            metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "expired").inc()
            return refusal.refused()

    async def _collision(self, envelope: Envelope, error: Exception) -> Any:
        """A broken key: either a twin of this message was first, or a rule of the domain forbids it."""
        first = await inbox.stored(self.db, self.durable, envelope)
        if first:
            return self._known(envelope, first)
        original = error.orig if isinstance(error, IntegrityError) else error
        constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
        return await self._refuse(
            envelope, Conflict("conflict", "Another row stands in the way.", constraint=constraint)
        )

    async def _handle(self, envelope: Envelope, route: Route) -> Any:
        tx = Tx(self.db, self.service, envelope)
        try:
            return await self._judge(envelope, route, tx)
        except DomainError as refusal:
            if isinstance(refusal, Unavailable | Expired) or not isinstance(envelope.message, Command):
                raise
            await tx.abort()
            return await self._refuse(envelope, refusal)
        finally:
            await tx.close()

    async def _judge(self, envelope: Envelope, route: Route, tx: Tx) -> Any:
        if envelope.is_late():
            raise Expired("expired", "It waited too long and was not carried out.")
        result = await self._run(envelope, route, tx)
        verdict = inbox.accepted(result, route.http) if isinstance(envelope.message, Command) else None
        failpoints.reach("settle.handled")
        await tx.commit(inbox.record(self.durable, envelope, verdict))
        failpoints.reach("settle.committed")
        if tx.outgoing:
            self.relay.wake()
        metrics.HANDLED.labels(self.durable, route.message.ce_type(), "done").inc()
        return verdict

    async def _run(self, envelope: Envelope, route: Route, tx: Tx) -> Any:
        if route.latency in ("commands", "events"):
            return await route.handler(envelope.message, tx)
        read = ReadTx(self.db, envelope.actor, envelope)
        try:
            finish = await route.handler(envelope.message, read)
        finally:
            await read.close()
        return await finish(tx) if finish else None

    async def _refuse(self, envelope: Envelope, refusal: DomainError) -> Refused:
        verdict = refusal.refused()
        async with self.db.raw() as connection:
            await write(connection, [inbox.record(self.durable, envelope, verdict)])
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "refused").inc()
        return verdict

    def _known(self, envelope: Envelope, first: inbox.Stored) -> Any:
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "duplicate").inc()
        return VERDICT.validate_python(first.verdict) if first.verdict else None

    async def _answer(self, msg: Msg, envelope: Envelope, verdict: Accepted | Refused | None) -> None:
        reply = envelope.headers.get(h.REPLY)
        if reply and verdict:
            await msg._client.publish(reply, verdict.model_dump_json().encode())
        await msg.ack()

    async def _retry_or_bury(self, msg: Msg, envelope: Envelope, error: Exception) -> None:
        delivery = msg.metadata.num_delivered
        facts = {"type": envelope.headers[h.TYPE], "delivery": delivery}
        transient = isinstance(error, TRANSIENT) or (isinstance(error, DBAPIError) and error.connection_invalidated)
        if isinstance(error, Expired) or (delivery >= BURY_AFTER and not transient):
            log.error("message.buried", exc_info=error, extra={"facts": facts})
            return await self._bury(msg, envelope, f"{type(error).__name__}: {error}")
        log.warning("message.retried", exc_info=error, extra={"facts": facts})
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "retried").inc()
        await msg.nak(delay=delay(delivery))

    async def _bury(self, msg: Msg, envelope: Envelope | None, reason: str) -> None:
        verdict = Refused(kind=Kind.INTERNAL, code="dead_letter", detail="It could not be handled and was set aside.")
        await bury(msg, self.service, self.durable, reason)
        if envelope:
            async with self.db.raw() as connection:
                await inbox.bury(connection, self.durable, envelope, verdict)
            reply = envelope.headers.get(h.REPLY)
            if reply:
                await msg._client.publish(reply, verdict.model_dump_json().encode())
        await msg.term()

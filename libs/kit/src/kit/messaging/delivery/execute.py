"""Runs the handler of one message and returns its verdict; the effects of a message happen once.

The handler's rows, its messages, the inbox row and the verdict are one commit. A second delivery gets the first
verdict.
"""

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy.exc import DataError, IntegrityError

from contracts import headers as h
from contracts.base import Command
from contracts.verdict import VERDICT, Accepted, Refused
from kit import failpoints
from kit.db.database import Database
from kit.errors import Conflict, DomainError, Expired, Invalid, Unavailable
from kit.messaging.delivery import inbox
from kit.messaging.delivery.recent_failures import RecentFailures
from kit.messaging.envelope import Envelope, Received
from kit.messaging.router import Route
from kit.messaging.tx import OutboxWaker, ReadTx, Tx, transaction
from kit.telemetry import metrics

log = logging.getLogger("kit.settle")
UNSTORABLE = "A value in it cannot be stored: text with NUL characters, say, or a number that is too large."


@dataclass
class Executor:
    """One per durable. `timeout` limits one call of a handler, in seconds."""

    service: str
    durable: str
    timeout: float
    db: Database
    relay: OutboxWaker
    failures: RecentFailures

    async def execute(self, envelope: Envelope, route: Route, stored_at: datetime, is_first: bool) -> Any:
        """Handles a message that its stream has stored at `stored_at`; `is_first` says that it was not delivered
        before. Returns the verdict, None for an event. Raises what the handler or the commit raises, TimeoutError after
        `timeout` seconds, Expired for a command that is late after a failure of ours."""
        started = time.perf_counter()
        async with asyncio.timeout(self.timeout):
            verdict = await self._once(envelope, route, stored_at, is_first)
            if route.after and isinstance(verdict, Accepted):
                async with transaction(self.db, self.service, self.relay, envelope) as tx:
                    await route.after(envelope.message, tx)
        metrics.HANDLER_SECONDS.labels(envelope.headers[h.TYPE]).observe(time.perf_counter() - started)
        return verdict

    async def _once(self, envelope: Envelope, route: Route, stored_at: datetime, is_first: bool) -> Any:
        """Returns the verdict as JSON: of this call, or of the first delivery."""
        if not is_first or route.group in ("effects", "reactions") or h.REPLAY in envelope.headers:
            first = await inbox.stored(self.db, self.durable, envelope)
            if first and not (first.dead and h.REPLAY in envelope.headers):
                return self._known(envelope, first)
        try:
            return await self._handle(envelope, route, stored_at)
        except (IntegrityError, psycopg.IntegrityError) as error:
            return await self._collision(envelope, error)
        except (DataError, psycopg.DataError) as error:
            return await self._unstorable(envelope, error)
        except Expired as refusal:
            if envelope.id in self.failures:  # the reason of an earlier failure must not be lost
                raise
            metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "expired").inc()
            return refusal.refused()

    async def _collision(self, envelope: Envelope, error: Exception) -> Any:
        """Handles a violated key: either another delivery of this message was first, or a rule of the domain forbids
        it."""
        first = await inbox.stored(self.db, self.durable, envelope)
        if first:
            return self._known(envelope, first)
        original = error.orig if isinstance(error, IntegrityError) else error
        constraint = getattr(getattr(original, "diag", None), "constraint_name", None)
        return await self._refuse(
            envelope, Conflict("conflict", "It conflicts with an existing record.", constraint=constraint)
        )

    async def _unstorable(self, envelope: Envelope, error: Exception) -> Any:
        """PostgreSQL refuses such a value at every delivery; so a command is refused."""
        if not isinstance(envelope.message, Command):
            raise error
        log.warning("command.unstorable", exc_info=error, extra={"fields": {"type": envelope.headers[h.TYPE]}})
        return await self._refuse(envelope, Invalid("unstorable_value", UNSTORABLE))

    async def _handle(self, envelope: Envelope, route: Route, stored_at: datetime) -> Any:
        tx = Tx(self.db, self.service, envelope)
        try:
            return await self._commit(envelope, route, tx, stored_at)
        except DomainError as refusal:
            if isinstance(refusal, Unavailable | Expired) or not isinstance(envelope.message, Command):
                raise
            await tx.abort()
            return await self._refuse(envelope, refusal)
        finally:
            await tx.close()

    async def _commit(self, envelope: Envelope, route: Route, tx: Tx, stored_at: datetime) -> Any:
        if envelope.is_late(stored_at):
            raise Expired("expired", "The request expired before it was processed.")
        result = await self._run(envelope, route, tx)
        verdict = inbox.accepted(result, route.http) if isinstance(envelope.message, Command) else None
        failpoints.reach("settle.handled")
        await tx.commit(inbox.record(self.durable, envelope, verdict))
        failpoints.reach("settle.committed")
        if tx.publishes:
            self.relay.wake()
        metrics.HANDLED.labels(self.durable, route.message.ce_type(), "done").inc()
        return verdict

    async def _run(self, envelope: Envelope, route: Route, tx: Tx) -> Any:
        if route.batch:
            return await route.handler([Received.of(envelope)], tx)
        if route.group in ("commands", "events"):
            return await route.handler(envelope.message, tx)
        read = ReadTx(self.db, envelope.actor, envelope)
        try:
            finish = await route.handler(envelope.message, read)
        finally:
            await read.close()
        return await finish(tx) if finish else None

    async def _refuse(self, envelope: Envelope, refusal: DomainError) -> Refused:
        verdict = refusal.refused()
        await self.db.commits.write([inbox.record(self.durable, envelope, verdict)])
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "refused").inc()
        return verdict

    def _known(self, envelope: Envelope, first: inbox.Stored) -> Any:
        metrics.HANDLED.labels(self.durable, envelope.headers[h.TYPE], "duplicate").inc()
        verdict = VERDICT.validate_python(first.verdict) if first.verdict else None
        return verdict and verdict.model_copy(update={"replayed": True})

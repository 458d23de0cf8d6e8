"""Short commands that come straight from their sender, several in one message; the verdict follows the commit.

Only verdicts are given here. Whatever else may happen (malformed, a bug, an outage, no handler for it, too old) the
command is declined with an empty answer: its sender then gives it to the stream COMMANDS, where retries and dead
letters are. So does a sender that hears nothing. Both twins have one row in the inbox, hence one effect.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from nats.aio.client import Client
from opentelemetry.trace import SpanKind

from contracts import headers as h
from kit import failpoints
from kit.messaging.batching.answers import BatchedAnswers, Respond
from kit.messaging.batching.frames import Member
from kit.messaging.batching.short_commands import DIRECT_WAIT
from kit.messaging.broker_clock import BROKER_CLOCK
from kit.messaging.delivery.settle import Settler
from kit.messaging.envelope import Envelope, opened
from kit.process.tasks import wait_or_cancel
from kit.telemetry import metrics, tracing

log = logging.getLogger("kit.direct")
MAX_CONCURRENT = 64
STOP_TIMEOUT = 12.0
DECLINED = b""


class DirectCommands:
    """One per service that has short commands; `settler` is that of the same commands in the stream."""

    def __init__(self, nc: Client, settler: Settler) -> None:
        self.routes, self.executor = settler.routes, settler.executor
        self._batches = BatchedAnswers(nc, settler.service, "commands", self._take)
        self._slots = asyncio.Semaphore(MAX_CONCURRENT)
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Subscribes to the commands of the service."""
        await self._batches.start()

    async def stop(self) -> None:
        """Takes no more commands and ends those in work; what is cut off is declined."""
        await self._batches.pause()
        await wait_or_cancel(self._tasks, STOP_TIMEOUT)
        await self._batches.flush()

    def _take(self, members: Sequence[tuple[Member, Respond]]) -> None:
        for member, respond in members:
            task = asyncio.create_task(self._settle(member, respond))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _settle(self, member: Member, respond: Respond) -> None:
        kind, verdict = member.headers.get(h.TYPE, "unknown"), DECLINED
        span = tracing.span(f"process {kind}", SpanKind.CONSUMER, member.headers, **{"messaging.system": "nats"})
        try:
            async with self._slots:
                with tracing.handling(kind, member.headers), span:
                    verdict = await self._verdict(member)
        finally:
            if verdict == DECLINED:
                metrics.HANDLED.labels(self.executor.durable, kind, "declined").inc()
            failpoints.reach("direct.judged")
            respond(verdict, {})

    async def _verdict(self, member: Member) -> bytes:
        try:
            envelope = opened(member.data, member.headers)
            route = self.routes.get(member.headers[h.TYPE])
            if route is None or not _is_fresh(envelope):
                return DECLINED
            verdict = await self.executor.execute(envelope, route, envelope.sent_at, is_first=True)
            return verdict.json_text
        except Exception as error:
            log.warning("command.declined", extra={"fields": {"reason": repr(error)}})
            return DECLINED


def _is_fresh(envelope: Envelope) -> bool:
    """Whether its sender still waits for it, by the clock of the bus; a later effect could surprise somebody who was
    told that it is too late."""
    return abs(BROKER_CLOCK.now() - envelope.sent_at) < timedelta(seconds=DIRECT_WAIT)

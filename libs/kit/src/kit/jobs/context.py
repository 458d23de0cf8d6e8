"""What the handler of a job works with. `kit.jobs.worker` takes jobs and ends them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeVar

from nats.errors import Error as NatsError

from contracts.base import Job, Live
from kit.db.database import Database
from kit.jobs import queue
from kit.messaging.bus import Bus
from kit.messaging.delivery.failures import POLICIES, Deliveries, rule_for
from kit.messaging.envelope import Envelope
from kit.messaging.outbox.relay import Relay
from kit.messaging.tx import ReadTx, Tx, transaction
from kit.outages import until_database_answers

T = TypeVar("T")

POLICY = "jobs"
"""Row of `failures.POLICIES`."""
MAX_ATTEMPTS = POLICIES[POLICY].max_attempts
"""Attempts at a job before it is given up."""


@dataclass
class JobContext:
    """`delivery` is the number of the delivery, and the fencing token. `released` deliveries were no attempts.
    `closing` is set when the worker is asked to end."""

    envelope: Envelope
    db: Database
    bus: Bus
    relay: Relay
    service: str
    delivery: int
    released: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def attempt(self) -> int:
        """Number of this attempt, from 1."""
        return self.deliveries.attempts

    @property
    def deliveries(self) -> Deliveries:
        """What the rules for failures go by."""
        return Deliveries(self.delivery, self.released)

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure of this attempt is final."""
        return self.attempt >= MAX_ATTEMPTS

    def gives_up(self, error: BaseException) -> bool:
        """Whether the job ends with this error: on the last attempt, unless a server of the deployment is away or the
        worker ends."""
        return rule_for(POLICY, error).is_attempt and self.is_last_attempt

    async def write(self, change: Callable[[Tx], Awaitable[T]]) -> T:
        """Runs `change` in a transaction of its own and returns its result, as soon as the service's database answers.
        It may run twice when the answer to a commit was lost. Raises what `change` raises."""

        async def once() -> T:
            async with self.tx() as tx:
                return await change(tx)

        return await until_database_answers(once)

    def tx(self) -> AbstractAsyncContextManager[Tx]:
        """Opens a transaction with outbox; it commits at the end of the block."""
        return transaction(self.db, self.service, self.relay, self.envelope)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[ReadTx]:
        """Opens a read-only context for queries of the service's database."""
        read = ReadTx(self.db, self.envelope.actor)
        try:
            yield read
        finally:
            await read.close()

    async def progress(self, percent: float, stage: str = "") -> None:
        """Records how far a queued job is, for `queued_work.status`: `percent` of 0 to 100, and what it does now."""
        if self._is_queued:
            await queue.record_progress(self.db, self.envelope.id, percent, stage)

    async def is_cancelled(self) -> bool:
        """Whether somebody has cancelled the work of a queued job (`queued_work.cancel`); False for other jobs."""
        return self._is_queued and await queue.is_cancelled(self.db, self.envelope.id)

    @property
    def _is_queued(self) -> bool:
        message = self.envelope.message
        return isinstance(message, Job) and queue.is_queued(type(message), self.envelope.actor)

    async def publish_live(self, live: Live) -> None:
        """Sends a best-effort progress message; drops it while the bus is away."""
        with suppress(NatsError):
            await self.bus.publish_live(live)

"""Raw messages of a whole stream, many in one commit: a handler stores all it can and says which ones it cannot.

What the handler refuses is a dead letter with its reason and never comes again; everything else is acknowledged after
the commit. A batch whose commit fails is halved until the message at fault is alone. Messages may come again, so the
handler must be idempotent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts.streams import ConsumerGroup, durable
from kit import failpoints
from kit.messaging.delivery.ack_heartbeat import InProgress, in_progress
from kit.messaging.delivery.dead_letters import dead_letter
from kit.messaging.delivery.failures import Deliveries, decide
from kit.messaging.delivery.settle import POLICY
from kit.messaging.sized import sized
from kit.telemetry import metrics

log = logging.getLogger("kit.raw_batches")
MAX_BYTES = 2 << 20
"""Bodies that are committed together."""
Record = Callable[[Sequence[Msg]], Awaitable[Mapping[int, str]]]
"""Commits messages; returns the positions of those that no repetition can store, with the reason."""


class RawBatchSettler:
    """Settles the messages of one fetch in their order; one per durable."""

    def __init__(self, service: str, group: ConsumerGroup, record: Record) -> None:
        self.service, self.record = service, record
        self.durable = durable(service, group.name)

    async def __call__(self, messages: Sequence[Msg]) -> None:
        """Settles all of them; raises nothing but CancelledError, after which those that are left come again."""
        try:
            async with AsyncExitStack() as stack:
                kept = [await stack.enter_async_context(in_progress(msg, POLICY)) for msg in messages]
                for batch in sized(messages, MAX_BYTES):
                    await self._halving(batch, kept[0])
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.gather(*(msg.nak() for msg in messages), return_exceptions=True))
            raise

    async def _halving(self, batch: Sequence[Msg], kept: InProgress) -> None:
        try:
            refused = await kept.retrying(lambda: self.record(batch))
        except Exception as error:
            if len(batch) == 1:
                return await self._retry_or_give_up(batch[0], error)
            log.warning("batch.halved", extra={"fields": {"messages": len(batch), "reason": repr(error)}})
            middle = len(batch) // 2
            await self._halving(batch[:middle], kept)
            return await self._halving(batch[middle:], kept)
        failpoints.reach("raw_batch.committed")
        await self._settle(batch, refused)

    async def _settle(self, batch: Sequence[Msg], refused: Mapping[int, str]) -> None:
        for position, msg in enumerate(batch):
            if position in refused:
                await self._give_up(msg, refused[position])
            else:
                await self._answer(msg.ack)
        metrics.HANDLED.labels(self.durable, "batch", "done").inc(len(batch) - len(refused))

    async def _retry_or_give_up(self, msg: Msg, error: Exception) -> None:
        decision = decide(POLICY, error, Deliveries(msg.metadata.num_delivered))
        if decision.action == "dead_letter":
            return await self._give_up(msg, f"{type(error).__name__}: {error}")
        log.warning("message.retried", exc_info=error, extra={"fields": {"delivery": msg.metadata.num_delivered}})
        await self._answer(lambda: msg.nak(delay=decision.delay))

    async def _give_up(self, msg: Msg, reason: str) -> None:
        facts = {"subject": msg.subject, "sequence": msg.metadata.sequence.stream, "reason": reason}
        log.error("message.buried", extra={"fields": facts})

        async def fail() -> None:
            await dead_letter(msg, self.service, self.durable, reason)
            await msg.term()

        await self._answer(fail)

    async def _answer(self, answer: Callable[[], Awaitable[None]]) -> None:
        """A server that goes away during the answer delivers the message again."""
        try:
            await answer()
        except (NatsError, TimeoutError, OSError) as error:
            log.warning("message.left", extra={"fields": {"durable": self.durable, "reason": repr(error)}})

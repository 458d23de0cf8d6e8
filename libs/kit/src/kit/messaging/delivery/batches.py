"""Settles the messages of one fetch: those of a batch route by one call and one commit, the others each by itself.

A batch leaves no inbox row, because its route says that repeats are harmless. One that fails is halved, again and
again, until the message at fault is alone; that one is settled like any other message and becomes a dead letter after
its attempts.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from nats.aio.msg import Msg
from opentelemetry.trace import SpanKind

from contracts import headers as h
from kit import failpoints
from kit.messaging.delivery.ack_heartbeat import InProgress, in_progress
from kit.messaging.delivery.settle import POLICY, Settler
from kit.messaging.envelope import Envelope, MalformedMessage, Received, opened
from kit.messaging.router import Route
from kit.messaging.tx import Tx
from kit.telemetry import metrics, tracing

log = logging.getLogger("kit.batches")
Settle = Callable[[Msg], Awaitable[None]]
SettleAll = Callable[[Sequence[Msg]], Awaitable[None]]


def each(settle: Settle) -> SettleAll:
    """Returns a function that settles several messages at the same time, each by itself."""

    async def settle_all(messages: Sequence[Msg]) -> None:
        await asyncio.gather(*(_settled(settle, msg) for msg in messages))

    return settle_all


async def _settled(settle: Settle, msg: Msg) -> None:
    """An error that escapes `settle` (the server went away during the answer) leaves the message to its `ack_wait`."""
    try:
        await settle(msg)
    except Exception as error:
        log.warning("message.left", exc_info=error, extra={"fields": {"subject": msg.subject}})


@dataclass(frozen=True)
class Delivery:
    msg: Msg
    envelope: Envelope
    kept: InProgress


class BatchSettler:
    """One per durable of events. `settler` settles what is in no batch, or not any more."""

    def __init__(self, settler: Settler) -> None:
        self.settler, self.settle_each, self.acknowledge = settler, each(settler), each(Msg.ack)

    async def __call__(self, messages: Sequence[Msg]) -> None:
        """Settles all of them; raises nothing but CancelledError, after which they are delivered again."""
        batches, alone = defaultdict[str, list[tuple[Msg, Envelope]]](list), list[Msg]()
        for msg in messages:
            envelope = self._of_batch(msg)
            if envelope:
                batches[envelope.headers[h.TYPE]].append((msg, envelope))
            else:
                alone.append(msg)
        whole = [self._settle(self.settler.routes[kind], batch) for kind, batch in batches.items()]
        await asyncio.gather(self.settle_each(alone), *whole)

    def _of_batch(self, msg: Msg) -> Envelope | None:
        """Returns the envelope of a message that may be settled with others: it came for the first time, and is not
        replayed."""
        headers = msg.headers or {}
        route = self.settler.routes.get(headers.get(h.TYPE, ""))
        if not (route and route.batch) or h.REPLAY in headers or msg.metadata.num_delivered > 1:
            return None
        try:
            return opened(msg.data, headers)
        except MalformedMessage:
            return None

    async def _settle(self, route: Route, batch: Sequence[tuple[Msg, Envelope]]) -> None:
        first = batch[0][1].headers
        attributes = {"messaging.system": "nats", "messaging.batch.message_count": str(len(batch))}
        try:
            async with AsyncExitStack() as stack:
                stack.enter_context(tracing.span(f"process {first[h.TYPE]}", SpanKind.CONSUMER, first, **attributes))
                deliveries = [
                    Delivery(msg, envelope, await stack.enter_async_context(in_progress(msg, POLICY)))
                    for msg, envelope in batch
                ]
                await self._halving(route, deliveries)
        except asyncio.CancelledError:
            await asyncio.shield(asyncio.gather(*(msg.nak() for msg, _ in batch), return_exceptions=True))
            raise

    async def _halving(self, route: Route, batch: Sequence[Delivery]) -> None:
        if len(batch) == 1:
            return await self.settle_each([batch[0].msg])
        try:
            await batch[0].kept.retrying(lambda: self._commit(route, batch))
        except Exception as error:
            facts = {"type": route.message.ce_type(), "messages": len(batch), "reason": repr(error)}
            log.warning("batch.halved", extra={"fields": facts})
            middle = len(batch) // 2
            await self._halving(route, batch[:middle])
            return await self._halving(route, batch[middle:])
        await self.acknowledge([one.msg for one in batch])

    async def _commit(self, route: Route, batch: Sequence[Delivery]) -> None:
        tx = Tx(self.settler.db, self.settler.service)
        try:
            async with asyncio.timeout(self.settler.group.timeout):
                await route.handler([Received.of(one.envelope) for one in batch], tx)
                if tx.publishes:
                    raise TypeError(f"the handler of {route.message.ce_type()} takes batches and may emit nothing")
                failpoints.reach("batch.handled")
                await tx.commit()
        finally:
            await tx.close()
        failpoints.reach("batch.committed")
        metrics.HANDLED.labels(self.settler.durable, route.message.ce_type(), "done").inc(len(batch))

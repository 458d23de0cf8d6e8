"""The FastStream side of a worker: its broker, and a subscriber with a pass-through decoder and manual acknowledgement;
no stream is declared. Services themselves do without FastStream, which would cost each of them 6 MB."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.msg import Msg

from contracts.permissions import inbox
from contracts.streams import CLASSES, durable

FETCH_TIMEOUT = 1.0


def broker(options: dict[str, Any]) -> NatsBroker:
    """`options` of `kit.connection`."""
    return NatsBroker(apply_types=False, logger=None, **options)


async def _untouched(message: NatsMessage) -> NatsMessage:
    return message


def subscribe(broker: NatsBroker, service: str, latency: str, settle: Callable[[Msg], Awaitable[None]]) -> None:
    """Feeds the messages of one durable to `settle`."""
    settings = CLASSES[latency]
    subscriber = broker.subscriber(
        f"{latency}.of.{service}",
        durable=durable(service, latency),
        stream=JStream(settings.stream, declare=False),
        pull_sub=PullSub(batch_size=settings.batch, timeout=FETCH_TIMEOUT),
        ack_policy=AckPolicy.MANUAL,
        decoder=_untouched,
        inbox_prefix=f"{inbox(service)}.{uuid4().hex}.".encode(),
    )

    @subscriber
    async def deliver(message: NatsMessage) -> None:
        await settle(message.raw_message)


async def fetched_no_more(broker: NatsBroker) -> None:
    """Returns when the last fetch has ended and its messages are settled. The broker's own `stop` would cancel a fetch
    that may hold a message already, which then waits for its deadline."""
    fetches: list[asyncio.Task[Any]] = []
    for subscriber in broker.subscribers:
        subscriber.running = False
        fetches += subscriber.tasks  # type: ignore[attr-defined]
    await asyncio.wait(fetches)

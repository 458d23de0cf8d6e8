"""FastStream's part of a worker: its broker, and a subscriber with a pass-through decoder and manual acknowledgement
that declares no stream. Services do not load FastStream, which would cost each of them 6 MB."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.msg import Msg

from contracts.nats_permissions import inbox_prefix
from contracts.streams import CONSUMER_GROUPS, durable

FETCH_TIMEOUT = 1.0


def broker(options: dict[str, Any]) -> NatsBroker:
    """Returns an unconnected broker; `options` are those of `kit.messaging.nats_connection.connect_options`."""
    return NatsBroker(apply_types=False, logger=None, **options)


async def _untouched(message: NatsMessage) -> NatsMessage:
    return message


def subscribe(broker: NatsBroker, service: str, group: str, settle: Callable[[Msg], Awaitable[None]]) -> None:
    """Registers `settle` for the messages of one durable: that of the job group `group` of the service."""
    settings = CONSUMER_GROUPS[group]
    subscriber = broker.subscriber(
        f"{group}.of.{service}",
        durable=durable(service, group),
        stream=JStream(settings.stream, declare=False),
        pull_sub=PullSub(batch_size=settings.batch, timeout=FETCH_TIMEOUT),
        ack_policy=AckPolicy.MANUAL,
        decoder=_untouched,
        inbox_prefix=f"{inbox_prefix(service)}.{uuid4().hex}.".encode(),
    )

    @subscriber
    async def deliver(message: NatsMessage) -> None:
        await settle(message.raw_message)


async def stop_fetching(broker: NatsBroker) -> None:
    """Returns when the last fetch has ended and its messages are settled. The broker's own `stop` would cancel a fetch
    that may hold a message already, which then waits for its `ack_wait`."""
    fetches: list[asyncio.Task[Any]] = []
    for subscriber in broker.subscribers:
        subscriber.running = False
        fetches += subscriber.tasks  # type: ignore[attr-defined]
    await asyncio.wait(fetches)

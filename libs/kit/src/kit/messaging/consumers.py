"""Routes by latency class, and the FastStream subscriber of a worker: pass-through decoder, manual acknowledgement, no
stream is declared."""

from collections import defaultdict
from collections.abc import Awaitable, Callable

from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.aio.msg import Msg

from contracts.streams import CLASSES, durable
from kit.messaging.router import Route

FETCH_TIMEOUT = 1.0


def by_class(routes: list[Route]) -> dict[str, dict[str, Route]]:
    """Latency class → CloudEvents type → route; TypeError when a message is heard twice."""
    table: dict[str, dict[str, Route]] = defaultdict(dict)
    for route in routes:
        if table[route.latency].setdefault(route.message.ce_type(), route) is not route:
            raise TypeError(f"{route.message.ce_type()} is heard twice")
    return dict(table)


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
    )

    @subscriber
    async def deliver(message: NatsMessage) -> None:
        await settle(message.raw_message)

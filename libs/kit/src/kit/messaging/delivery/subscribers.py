"""FastStream takes what a process hears: events, effects, raw messages and jobs (docs/decisions/0007).

The messages of one fetch are settled together, so that their commits are one commit; messages that take long are
fetched one at a time, by several subscribers of the same durable.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import TimeoutError as NatsTimeout
from nats.js import JetStreamContext
from nats.js.errors import Error as JetStreamError

from contracts.nats_permissions import inbox_prefix
from contracts.streams import ConsumerGroup, durable
from kit.imports import import_hollow, import_without
from kit.process.tasks import wait_or_cancel

# nkeys: a native library, for a way to log in that is not used here; mocks: FastStream's tests, 2 MB a process
with import_without("nkeys"), import_hollow("unittest.mock", "MagicMock", "AsyncMock"):
    from faststream import AckPolicy
    from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub

log = logging.getLogger("kit.subscribers")
SettleAll = Callable[[Sequence[Msg]], Awaitable[None]]
FETCH_TIMEOUT = 1.0
"""Seconds that a fetch waits for a first message; a stop waits as long for the last fetch."""
PAUSE = 0.5
"""Seconds before the next fetch when the server refused one, as it does while a durable is missing."""
LAST_ARRIVAL = 0.1
"""Seconds that a message needs which the server sent in the moment in which its fetch ended."""
STOP_TIMEOUT = 12.0


def broker(options: dict[str, Any]) -> NatsBroker:
    """Returns an unconnected broker; `options` are those of `kit.messaging.nats_connection.connect_options`."""
    return NatsBroker(apply_types=False, logger=None, **options)


class Fetcher:
    """The subscription that one loop of FastStream fetches from. It adds what that loop lacks: a fetch that brought
    some messages is not continued until it is full, a refused fetch is followed by a pause, and the end loses no
    message."""

    def __init__(self, subscription: JetStreamContext.PullSubscription, nc: Client, size: int) -> None:
        self.subscription, self.nc, self.size = subscription, nc, size
        self.ending = False
        self.ended = asyncio.Event()
        """Set when all that the server handed out is settled."""
        self.unsubscribe = subscription.unsubscribe

    async def fetch(self, batch: int, timeout: float) -> list[Msg]:
        """Returns up to `batch` messages as soon as there is one. Raises TimeoutError when there is none, and when the
        loop asks for the rest of a batch."""
        if batch < self.size:
            raise NatsTimeout
        if self.ending:
            return await self._last()
        try:
            return await self.subscription.fetch(batch, timeout)
        except (NatsError, JetStreamError, OSError) as error:
            if not isinstance(error, TimeoutError):
                log.warning("fetch.refused", extra={"fields": {"reason": repr(error)}})
                await asyncio.sleep(PAUSE)
            raise NatsTimeout from error

    async def _last(self) -> list[Msg]:
        """Returns what arrived after its fetch had ended; when there is nothing, stays until the loop is cancelled."""
        with suppress(NatsError, OSError):
            await asyncio.sleep(LAST_ARRIVAL)
            await self.nc.flush(2)
            if left := self.subscription.pending_msgs:
                return await self.subscription.fetch(left + 1, LAST_ARRIVAL)
        if self.subscription.pending_msgs and self.nc.is_connected:
            raise NatsTimeout
        self.ended.set()
        return await asyncio.Future()


class Subscribers:
    """Feeds the durables of one process; each has one `settle`, which acknowledges."""

    def __init__(self, broker: NatsBroker, nc: Client, service: str) -> None:
        self.broker, self.nc, self.service = broker, nc, service
        self.fetchers: list[Fetcher] = []

    def add(self, group: ConsumerGroup, settle: SettleAll) -> None:
        """Registers `settle`, which takes the messages of one fetch, for the durable of that group. At most
        `group.batch` messages are in work at a time."""
        for number in range(group.batch // group.fetch):
            self._subscribe(f"{group.name}.of.{self.service}.{number}", group, settle)

    def _subscribe(self, subject: str, group: ConsumerGroup, settle: SettleAll) -> None:
        subscriber = self.broker.subscriber(
            subject,
            durable=durable(self.service, group.name),
            stream=JStream(group.stream, declare=False),
            pull_sub=PullSub(batch_size=group.fetch, timeout=FETCH_TIMEOUT, batch=True),
            ack_policy=AckPolicy.MANUAL,
            decoder=_untouched,
            inbox_prefix=f"{inbox_prefix(self.service)}.{uuid4().hex}.".encode(),
        )

        @subscriber
        async def deliver(messages: NatsMessage) -> None:
            await settle(messages.raw_message)  # type: ignore[arg-type]

    async def start(self) -> None:
        """Begins to fetch. Raises NATS errors, TimeoutError."""
        await self.broker.start()
        for subscriber in self.broker.subscribers:
            size = subscriber.pull_sub.batch_size  # type: ignore[attr-defined]
            subscriber.subscription = Fetcher(subscriber.subscription, self.nc, size)  # type: ignore[attr-defined]
            self.fetchers.append(subscriber.subscription)  # type: ignore[attr-defined]

    async def stop(self) -> None:
        """Returns when nothing more is fetched and all that was fetched is settled, after `STOP_TIMEOUT` seconds at
        most; the server delivers the rest again."""
        for fetcher in self.fetchers:
            fetcher.ending = True
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_TIMEOUT):
                await asyncio.gather(*(fetcher.ended.wait() for fetcher in self.fetchers))
        loops = [task for subscriber in self.broker.subscribers for task in subscriber.tasks]  # type: ignore[attr-defined]
        await wait_or_cancel(loops, 0.0)


async def _untouched(message: NatsMessage) -> NatsMessage:
    return message

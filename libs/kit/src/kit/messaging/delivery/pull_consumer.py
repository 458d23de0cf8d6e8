"""Feeds commands: one standing request to the server for as many messages as there are free slots.

FastStream's loop runs the messages of one fetch together and fetches again when the slowest is done, so that a command
would wait for those that came with it (docs/decisions/0007). A standing request is renewed only when half of it is used
up. All that is heard (events, effects, jobs) is fetched by FastStream: `subscribers`.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts.streams import ConsumerGroup, durable
from kit.messaging.nats_connection import reply_prefix
from kit.process.tasks import wait_or_cancel

log = logging.getLogger("kit.pull")
EXPIRES = 30.0
HEARTBEAT = 1.0
"""Seconds between heartbeats of a standing request; a request that is silent for two and a half is lost."""
CHECK_INTERVAL = 0.2
"""Seconds between checks of the standing request, and between tries while the server is away."""
STOP_TIMEOUT = 12.0
DRAIN_TIMEOUT = 2.0
IDLE_TIMEOUT = 0.2
"""Seconds without a message after which the server has none."""
HEARTBEAT_STATUS = "100"


class PullConsumer:
    """Hands the messages of one durable to `settle`; at most `group.batch` messages are in work or requested at a
    time."""

    def __init__(
        self, nc: Client, service: str, group: ConsumerGroup, settle: Callable[[Msg], Awaitable[None]]
    ) -> None:
        self.nc, self.group, self.settle = nc, group, settle
        self.durable = durable(service, group.name)
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{group.stream}.{self.durable}"
        self._asked, self._heard, self._delivered = 0, 0.0, 0.0
        self._lines = 0
        """How often the line to the server was replaced."""
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Subscribes and begins to request messages."""
        self._inbox = reply_prefix(self.nc)
        self._subscription = await self.nc.subscribe(self._inbox, cb=self._on_message)
        self._watch = asyncio.create_task(self._keep_asking(), name=self.durable)

    async def stop(self) -> None:
        """Requests no more and lets the messages in work finish for `STOP_TIMEOUT` seconds; the server delivers the
        others again."""
        self._stopping, self._delivered = True, time.monotonic()
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            await self._take_the_last()
        await wait_or_cancel(self._tasks, STOP_TIMEOUT)

    async def _take_the_last(self) -> None:
        """Takes what was requested and is already on its way; a message that the server sends in the moment of
        unsubscribing would wait for its `ack_wait`."""
        with suppress(NatsError, TimeoutError):
            async with asyncio.timeout(DRAIN_TIMEOUT):
                while self._asked and time.monotonic() - self._delivered < IDLE_TIMEOUT:  # noqa: ASYNC110  (silence has no event)
                    await asyncio.sleep(IDLE_TIMEOUT / 4)
                await self._subscription.drain()

    async def _on_message(self, msg: Msg) -> None:
        self._heard = time.monotonic()
        if not msg.data and msg.headers and "Status" in msg.headers:
            return self._on_status(msg.headers)
        self._asked, self._delivered = max(0, self._asked - 1), self._heard
        self._tasks.add(asyncio.create_task(self._settle(msg)))

    def _on_status(self, headers: dict[str, str]) -> None:
        """A request that ended (expired, consumer gone, no such consumer) says how much of it was not delivered."""
        if headers["Status"] != HEARTBEAT_STATUS:
            self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._asked)))

    async def _keep_asking(self) -> None:
        """The only thing that asks again after a silence: the server forgets requests when it or the line restarts. The
        first request on a new line would hide for ever, with its signs of life, that those before it are lost."""
        while True:
            if self._is_new_line() or time.monotonic() - self._heard > 2.5 * HEARTBEAT:
                self._asked = 0
            if self._free() > 0 and self.nc.is_connected:
                await self._ask()
            await asyncio.sleep(CHECK_INTERVAL)

    def _is_new_line(self) -> bool:
        before, self._lines = self._lines, self.nc.stats["reconnects"]
        return self._lines != before

    def _free(self) -> int:
        return self.group.batch - len(self._tasks) - self._asked

    async def _ask(self) -> None:
        wanted, self._heard = self._free(), time.monotonic()
        self._asked += wanted
        body = {"batch": wanted, "expires": int(EXPIRES * 1e9), "idle_heartbeat": int(HEARTBEAT * 1e9)}
        try:
            await self.nc.publish(self._next, orjson.dumps(body), reply=self._inbox)
        except (NatsError, OSError) as error:
            self._asked -= wanted
            log.warning("pull.interrupted", extra={"fields": {"durable": self.durable, "reason": repr(error)}})

    async def _settle(self, msg: Msg) -> None:
        """An error that escapes `settle` (the server went away during the answer) leaves the message to its
        `ack_wait`."""
        try:
            await self.settle(msg)
        except Exception as error:
            log.warning("message.left", exc_info=error, extra={"fields": {"durable": self.durable}})
        self._tasks.discard(asyncio.current_task())  # type: ignore[arg-type]  (now: several may end in one turn of the loop)
        if self._free() >= self.group.batch // 2 and not self._stopping:
            await self._ask()

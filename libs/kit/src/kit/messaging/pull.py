"""Feeding short handlers: one standing request to the server for as many messages as there are free hands.

FastStream's loop runs the messages of one fetch together and fetches again when the slowest is done; with commits that
wait for the disk that halves the rate, and its layers cost more than our handler (docs/decisions/0007). A fetch of
nats-py asks the server twice for each handful of messages; a standing request is renewed only when half of it is used
up. Jobs, one at a time and minutes long, stay with FastStream.
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

from contracts.streams import Class, durable
from kit.connection import inbox
from kit.ending import finished

log = logging.getLogger("kit.pull")
EXPIRES = 30.0
HEARTBEAT = 1.0
"""Seconds between signs of life of a standing request; one that is silent for two and a half is lost."""
BREATH = 0.2
"""Seconds between looks whether the request still stands, and between tries while the server is away."""
FINISH = 12.0
LAST_WORD = 2.0
QUIET = 0.2
"""Seconds without a message after which the server has none."""
ALIVE = "100"


class Puller:
    """At most `latency.batch` messages are in work or asked for at a time."""

    def __init__(self, nc: Client, service: str, latency: Class, settle: Callable[[Msg], Awaitable[None]]) -> None:
        self.nc, self.latency, self.settle = nc, latency, settle
        self.durable = durable(service, latency.name)
        self._next = f"$JS.API.CONSUMER.MSG.NEXT.{latency.stream}.{self.durable}"
        self._asked, self._heard, self._delivered = 0, 0.0, 0.0
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._inbox = inbox(self.nc)
        self._subscription = await self.nc.subscribe(self._inbox, cb=self._on_message)
        self._watch = asyncio.create_task(self._keep_asking(), name=self.durable)

    async def stop(self) -> None:
        """Takes no more and lets the messages in work finish; what is not done in time goes back."""
        self._stopping, self._delivered = True, time.monotonic()
        if self._watch:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
            await self._take_the_last()
        await finished(self._tasks, FINISH)

    async def _take_the_last(self) -> None:
        """What was asked for and is there still comes; a message that the server sends in the moment of unsubscribing
        would wait for its deadline."""
        with suppress(NatsError, TimeoutError):
            async with asyncio.timeout(LAST_WORD):
                while self._asked and time.monotonic() - self._delivered < QUIET:  # noqa: ASYNC110
                    await asyncio.sleep(QUIET / 4)
                await self._subscription.drain()

    async def _on_message(self, msg: Msg) -> None:
        self._heard = time.monotonic()
        if not msg.data and msg.headers and "Status" in msg.headers:
            return self._on_status(msg.headers)
        self._asked, self._delivered = max(0, self._asked - 1), self._heard
        self._tasks.add(asyncio.create_task(self._settle(msg)))

    def _on_status(self, headers: dict[str, str]) -> None:
        """A request that ended (expired, consumer gone, no such consumer) says how much of it was not delivered."""
        if headers["Status"] != ALIVE:
            self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._asked)))

    async def _keep_asking(self) -> None:
        """The only thing that asks again after a silence: the server forgets requests when it or the line restarts."""
        while True:
            if time.monotonic() - self._heard > 2.5 * HEARTBEAT:
                self._asked = 0
            if self._free() > 0 and self.nc.is_connected:
                await self._ask()
            await asyncio.sleep(BREATH)

    def _free(self) -> int:
        return self.latency.batch - len(self._tasks) - self._asked

    async def _ask(self) -> None:
        wanted, self._heard = self._free(), time.monotonic()
        self._asked += wanted
        body = {"batch": wanted, "expires": int(EXPIRES * 1e9), "idle_heartbeat": int(HEARTBEAT * 1e9)}
        try:
            await self.nc.publish(self._next, orjson.dumps(body), reply=self._inbox)
        except (NatsError, OSError) as error:
            self._asked -= wanted
            log.warning("pull.interrupted", extra={"facts": {"durable": self.durable, "reason": repr(error)}})

    async def _settle(self, msg: Msg) -> None:
        """Whatever escapes a settler (the server went away while it answered) leaves the message to its deadline."""
        try:
            await self.settle(msg)
        except Exception as error:
            log.warning("message.left", exc_info=error, extra={"facts": {"durable": self.durable}})
        self._tasks.discard(asyncio.current_task())  # type: ignore[arg-type]  (now: several may end in one turn of the loop)
        if self._free() >= self.latency.batch // 2 and not self._stopping:
            await self._ask()

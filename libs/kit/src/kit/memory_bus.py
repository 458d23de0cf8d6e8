"""A message bus in memory, for tests that need no server: `Bus`, `QueryServer` and the doubles of a test run on
`MemoryClient` as they run on a client of nats-py.

It carries core NATS (subjects with wildcards, queue groups, requests) and streams as far as senders see them: they
store, acknowledge and refuse what is too large. It has no consumers and forgets nothing before its end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, cast
from uuid import uuid4

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, NoRespondersError
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import PubAck, RawStreamMsg
from nats.js.errors import APIError, NotFoundError

from contracts.streams import STREAMS, Stream
from kit.messaging.bus import Bus

Callback = Callable[[Msg], Awaitable[None]]


async def memory_bus(service: str) -> Bus:
    """Returns a started `Bus` of that service on a bus of its own; `bus.nc` is the client for its doubles."""
    bus = Bus(cast("Client", MemoryClient()), service)
    await bus.start()
    return bus


@dataclass(eq=False)
class MemorySubscription:
    """Gets its messages in the order in which they were published."""

    client: "MemoryClient"
    subject: str
    queue: str
    callback: Callback
    waiting: asyncio.Queue[Msg] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.task = asyncio.create_task(self._run())

    async def unsubscribe(self) -> None:
        self.client.subscriptions.remove(self)
        self.task.cancel()

    async def _run(self) -> None:
        while True:
            await self.callback(await self.waiting.get())


class MemoryClient:
    """The part of `nats.aio.client.Client` that our code uses."""

    def __init__(self) -> None:
        self.subscriptions: list[MemorySubscription] = []
        self.stored: list[RawStreamMsg] = []
        self.is_connected = True
        self.stats = {"reconnects": 0}

    def new_inbox(self) -> str:
        return f"_INBOX.{uuid4().hex}"

    def jetstream(self, **_: Any) -> "MemoryStreams":
        return MemoryStreams(self)

    async def subscribe(self, subject: str, queue: str = "", cb: Callback | None = None) -> MemorySubscription:
        assert cb, "a subscription in memory needs a callback"
        self.subscriptions.append(MemorySubscription(self, subject, queue, cb))
        return self.subscriptions[-1]

    async def publish(
        self, subject: str, payload: bytes = b"", reply: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Raises ConnectionClosedError after `close`."""
        if not self.is_connected:
            raise ConnectionClosedError
        msg = Msg(cast("Client", self), subject, reply, payload, headers)
        for subscription in self._receivers(subject):
            subscription.waiting.put_nowait(replace(msg))
        if (stream := _stream_of(subject)) is not None:
            await self._acknowledge(stream, msg)
        elif reply and not self._receivers(subject):
            await self.publish(reply, headers={"Status": "503"})

    async def _acknowledge(self, stream: Stream, msg: Msg) -> None:
        try:
            answer: dict[str, Any] = {"stream": stream.name, "seq": self.store(stream, msg)}
        except APIError as error:
            answer = {"error": {"code": error.code, "description": error.description}}
        if msg.reply:
            await self.publish(msg.reply, orjson.dumps(answer))

    def store(self, stream: Stream, msg: Msg) -> int:
        """Returns the sequence of the message. Raises APIError when it is too large."""
        if len(msg.data) > stream.max_msg_size:
            raise APIError(code=400, description="message size exceeds maximum allowed")
        sequence = len(self.stored) + 1
        self.stored.append(RawStreamMsg(msg.subject, sequence, msg.data, headers=msg.headers, stream=stream.name))
        return sequence

    def _receivers(self, subject: str) -> list[MemorySubscription]:
        """Returns all that match, of each queue group the first."""
        matching = [one for one in self.subscriptions if matches(one.subject, subject)]
        groups = {(one.subject, one.queue): one for one in reversed(matching) if one.queue}
        return [one for one in matching if not one.queue or groups[one.subject, one.queue] is one]

    async def request(
        self, subject: str, payload: bytes = b"", timeout: float = 0.5, headers: dict[str, str] | None = None
    ) -> Msg:
        """Raises NoRespondersError when nobody listens, the TimeoutError of nats-py after `timeout` seconds."""
        if not self._receivers(subject):
            raise NoRespondersError
        answer, inbox = asyncio.get_running_loop().create_future(), self.new_inbox()

        async def receive(msg: Msg) -> None:
            if not answer.done():
                answer.set_result(msg)

        subscription = await self.subscribe(inbox, cb=receive)
        try:
            await self.publish(subject, payload, inbox, headers)
            return await asyncio.wait_for(answer, timeout)
        except TimeoutError as error:
            raise NatsTimeout from error
        finally:
            await subscription.unsubscribe()

    async def flush(self, timeout: float = 10) -> None:
        """Returns when all that was published has been taken."""
        async with asyncio.timeout(timeout):
            while any(not one.waiting.empty() for one in self.subscriptions):  # noqa: ASYNC110  (queues have no event for "empty")
                await asyncio.sleep(0)

    async def close(self) -> None:
        """Ends all subscriptions."""
        self.is_connected = False
        for subscription in [*self.subscriptions]:
            await subscription.unsubscribe()


class MemoryStreams:
    """The part of `nats.js.JetStreamContext` that senders use."""

    def __init__(self, client: MemoryClient) -> None:
        self.client = client

    async def publish(
        self, subject: str, payload: bytes = b"", headers: dict[str, str] | None = None, **_: Any
    ) -> PubAck:
        """Raises APIError when the message is too large, NotFoundError when no stream has the subject."""
        stream = _stream_of(subject)
        if stream is None:
            raise NotFoundError
        if len(payload) > stream.max_msg_size:
            raise APIError(code=400, description="message size exceeds maximum allowed")
        await self.client.publish(subject, payload, headers=headers)
        return PubAck(stream.name, len(self.client.stored))

    async def get_last_msg(self, stream: str, subject: str) -> RawStreamMsg:
        """Raises NotFoundError."""
        for message in reversed(self.client.stored):
            if message.stream == stream and matches(subject, message.subject or ""):
                return message
        raise NotFoundError


def matches(pattern: str, subject: str) -> bool:
    """Whether the subject matches a pattern with the wildcards `*` and `>` of NATS."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(one in ("*", other) for one, other in zip(wanted, given, strict=True))


def _stream_of(subject: str) -> Stream | None:
    return next((one for one in STREAMS if any(matches(pattern, subject) for pattern in one.subjects)), None)

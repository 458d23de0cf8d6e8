"""The asking side: the questions of one turn to one owner are one message. Each gets its answer when it is ready."""

import asyncio
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from contracts.nats_permissions import BatchKind, batch_subject
from kit.messaging.batching.frames import MAX_BYTES, Member, packed, unpacked
from kit.messaging.batching.turns import Turns
from kit.messaging.nats_connection import reply_prefix
from kit.messaging.sized import sized

NO_RESPONDERS = "503"
FEW = 4
"""Questions under way with which the next one does not wait for others."""
PAUSE = 0.001
"""Seconds for which it waits with more of them. A message costs its sender, the server and the owner as much as
several questions in it."""


@dataclass(eq=False, slots=True)
class Request:
    """A question under way; it has a number once it is sent."""

    headers: dict[str, str]
    data: bytes
    answer: asyncio.Future[Member]
    number: int = -1


class BatchedRequests:
    """One per kind and process."""

    def __init__(self, nc: Client, kind: BatchKind) -> None:
        self.nc, self.prefix = nc, reply_prefix(nc)
        self.kind: BatchKind = kind
        self._turns = Turns[Request](self._send, lambda: PAUSE if len(self._sent) > FEW else 0.0)
        self._sent: dict[int, Request] = {}
        self._last = 0

    async def start(self) -> None:
        """Subscribes to the answers; the client must be connected."""
        await self.nc.subscribe(f"{self.prefix}.>", cb=self._on_answer)

    async def ask(self, owner: str, headers: dict[str, str], data: bytes, wait: float) -> Member:
        """Returns the answer. Raises NoRespondersError when no process of the owner takes batches, TimeoutError after
        `wait` seconds, other NATS errors."""
        loop = asyncio.get_running_loop()
        request = Request(headers, data, loop.create_future())
        timer = loop.call_later(wait, _fail, request, TimeoutError())
        self._turns.add(owner, request)
        try:
            return await request.answer
        finally:
            timer.cancel()
            self._sent.pop(request.number, None)

    async def _send(self, owner: str, requests: list[Request]) -> None:
        members = [self._numbered(request) for request in requests if not request.answer.done()]
        for batch in sized(members, MAX_BYTES):
            reply = f"{self.prefix}.{batch[0].number}.{batch[-1].number}"
            try:
                await self.nc.publish(batch_subject(owner, self.kind), packed(batch), reply)
            except (NatsError, OSError) as error:
                self._fail_all(batch[0].number, batch[-1].number, error)

    def _numbered(self, request: Request) -> Member:
        self._last += 1
        request.number = self._last
        self._sent[request.number] = request
        return Member(request.number, request.headers, request.data)

    async def _on_answer(self, msg: Msg) -> None:
        """Takes the answers of some members, or the server's word that nobody listens."""
        if msg.headers and msg.headers.get("Status") == NO_RESPONDERS:
            first, last = msg.subject.rsplit(".", 2)[1:]
            return self._fail_all(int(first), int(last), NoRespondersError())
        for member in unpacked(msg.data):
            request = self._sent.get(member.number)
            if request and not request.answer.done():
                request.answer.set_result(member)

    def _fail_all(self, first: int, last: int, error: Exception) -> None:
        for number in range(first, last + 1):
            if number in self._sent:
                _fail(self._sent[number], error)


def _fail(request: Request, error: Exception) -> None:
    if not request.answer.done():
        request.answer.set_exception(error)

"""The caller's side of the bus: sends commands and waits for verdicts, asks queries, publishes progress."""

import asyncio
import time
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID, uuid4

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.base import Command, Live, Query
from contracts.shared import Actor
from contracts.streams import COMMANDS
from contracts.verdict import VERDICT, Accepted, Refused
from kit import failpoints
from kit.errors import Invalid, Unavailable, error_of
from kit.messaging import staging
from kit.messaging.batching.frames import Member
from kit.messaging.batching.requests import BatchedRequests
from kit.messaging.batching.short_commands import ShortCommands
from kit.messaging.deadline import remaining, timeout_header
from kit.messaging.envelope import SERVICE, headers_of, new_id, subject_of
from kit.messaging.nats_connection import reply_prefix
from kit.messaging.staging import StagedFile
from kit.storage.object_storage import Storage
from kit.telemetry import tracing
from kit.telemetry.samples import SampleBuffer

VERDICT_WAIT = 2.0
ACK_WAIT = 2.0
QUERY_WAIT = 2.0
REFUSED = "fairway-refused"
MAX_COMMAND_BYTES = COMMANDS.max_msg_size - 32 * 1024
"""Bytes of a command's body; the rest is for its headers."""


@dataclass
class Sent:
    """A command under way: `stored` when its stream has it, `verdict` when its owner has answered."""

    verdict: asyncio.Future[bytes]
    stored: bool = False


class Bus:
    """One per process. Acknowledgements and verdicts of all commands in flight arrive on one subscription each, which
    costs half of what `js.publish` does for each command."""

    def __init__(self, nc: Client, service: str, storage: Storage | None = None) -> None:
        """`storage` keeps the bodies of commands that are too large for the bus."""
        self.nc, self.service, self.storage = nc, service, storage
        self.js = nc.jetstream(timeout=5)
        self.samples = SampleBuffer(self.js, service)
        self.queries, self.short = BatchedRequests(nc, "queries"), ShortCommands(nc)
        self._acks, self._verdicts = reply_prefix(nc), reply_prefix(nc)
        self._sent: dict[str, Sent] = {}

    async def start(self) -> None:
        """Subscribes to answers, acknowledgements and verdicts; the client must be connected."""
        await self.queries.start()
        await self.short.start()
        await self.nc.subscribe(f"{self._acks}.*", cb=self._on_ack)
        await self.nc.subscribe(f"{self._verdicts}.*", cb=self._on_verdict)

    async def _on_ack(self, msg: Msg) -> None:
        """Handles an acknowledgement, an error (stream full), or a status without a body (no stream)."""
        sent = self._sent.get(msg.subject.rpartition(".")[2])
        if sent is None:
            return
        sent.stored = bool(msg.data) and "error" not in orjson.loads(msg.data)
        if not sent.stored and not sent.verdict.done():
            sent.verdict.set_exception(_unavailable("does not store messages"))
        failpoints.reach("bus.published")

    async def _on_verdict(self, msg: Msg) -> None:
        sent = self._sent.get(msg.subject.rpartition(".")[2])
        if sent and not sent.verdict.done():
            sent.verdict.set_result(msg.data)

    async def send(
        self, command: Command, actor: Actor, command_id: UUID | None = None, wait: float = VERDICT_WAIT,
        body: StagedFile | None = None,
    ) -> Accepted | Refused | None:  # fmt: skip
        """Sends a command and returns the owner's verdict. A short one, which expires, goes straight to its owner, and
        to its stream when the owner does not answer or declines; any other one goes to its stream at once. Returns None
        when there is no verdict within `wait` seconds: the stream has the command, and the owner will decide later.
        `body` is the JSON of the command, where the sender has it in a file; of `command` only its type counts then.

        Raises Invalid (413) when the command is larger than its stream accepts. Raises Unavailable when the object
        store does not accept its body, or when the stream did not acknowledge; then the command may or may not have
        arrived, so a client that tries again should use the same Idempotency-Key.
        """
        command_id = command_id or new_id()
        with tracing.span(f"send {command.ce_type()}", SpanKind.PRODUCER, None, **{"messaging.system": "nats"}):
            return await self._send(command, actor, command_id, wait, body)

    async def _send(
        self, command: Command, actor: Actor, command_id: UUID, wait: float, body: StagedFile | None
    ) -> Accepted | Refused | None:
        started, headers = time.monotonic(), headers_of(command, self.service, actor, command_id)
        data, staged = await self._body(command, command_id, body)
        if not staged and (verdict := await self.short.verdict(command, headers, data, wait / 2)):
            return verdict
        left = wait - (time.monotonic() - started)
        return await self._send_to_stream(subject_of(command, command_id), data, headers | staged, left)

    async def _send_to_stream(
        self, subject: str, data: bytes, headers: dict[str, str], wait: float
    ) -> Accepted | Refused | None:
        key = uuid4().hex
        headers |= {h.REPLY: f"{self._verdicts}.{key}"}
        self._sent[key] = sent = Sent(asyncio.get_running_loop().create_future())
        try:
            await self._publish(subject, data, f"{self._acks}.{key}", headers)
            answered = await _verdict_within(sent, min(wait, ACK_WAIT)) or await _verdict_within(sent, wait - ACK_WAIT)
            return VERDICT.validate_json(sent.verdict.result()) if answered else None
        finally:
            del self._sent[key]

    async def _body(
        self, command: Command, command_id: UUID, body: StagedFile | None
    ) -> tuple[bytes, dict[str, str]]:  # fmt: skip
        """Returns the body as it travels, and the headers that refer to one in the object store."""
        if body is not None:
            if self.storage is None:
                raise Unavailable("storage_unavailable", "There is no object store for bodies of this size.")
            return b"", await staging.put_file(self.storage, command_id, body)
        data = _fitting(command.model_dump_json().encode())
        if self.storage and len(data) > staging.MAX_INLINE_BYTES:
            return b"", await staging.put(self.storage, command_id, data)
        return data, {}

    async def _publish(self, subject: str, data: bytes, reply: str, headers: dict[str, str]) -> None:
        try:
            await self.nc.publish(subject, data, reply, headers)
        except (NatsError, OSError) as error:
            raise _unavailable("is not reachable") from error

    async def ask(self, query: Query, actor: Actor = SERVICE, wait: float = QUERY_WAIT) -> bytes:
        """Returns the answer to a query as JSON bytes. `wait` is in seconds; inside the handler of a query it is
        shortened to the time for which that handler's caller still waits. Raises the owner's refusal, or Unavailable
        when there is no answer in time."""
        wait = max(remaining(wait), 0.0)
        headers = headers_of(query, self.service, actor, new_id()) | timeout_header(wait)
        try:
            answer = await self._answer(query, query.model_dump_json().encode(), headers, wait)
        except (TimeoutError, NatsError, OSError) as error:
            detail = f"The {query.owner()} service does not answer, try again."
            raise Unavailable("service_unavailable", detail) from error
        if answer.headers and REFUSED in answer.headers:
            raise error_of(Refused.model_validate_json(answer.data))
        return answer.data

    async def _answer(self, query: Query, data: bytes, headers: dict[str, str], wait: float) -> Member | Msg:
        """An owner of an earlier version takes no batches, and is asked by a message of its own."""
        try:
            return await self.queries.ask(query.owner(), headers, data, wait)
        except NoRespondersError:
            return await self.nc.request(query.subject(), data, wait, headers=headers)

    async def publish_live(self, live: Live) -> None:
        """Sends a best-effort progress message; the bus drops it when there is no subscriber."""
        headers = {h.TYPE: live.ce_type(), h.AUDIENCE: ",".join(map(str, live.audience()))}
        if topics := live.topics():
            headers[h.TOPICS] = ",".join(topics)
        await self.nc.publish(live.subject(live.key()), live.model_dump_json().encode(), headers=headers)

    async def query_json(self, query: Query, actor: Actor) -> dict | None:
        """As `ask`, with the answer as Python values."""
        return orjson.loads(await self.ask(query, actor))


async def _verdict_within(sent: Sent, limit: float) -> bool:
    """Whether the verdict came within `limit` seconds. Raises Unavailable when the stream has not acknowledged by then
    either."""
    if limit > 0:
        await asyncio.wait((sent.verdict,), timeout=limit)
    if not sent.verdict.done() and not sent.stored:
        raise _unavailable("did not store this in time")
    return sent.verdict.done()


def _content(body: BinaryIO) -> bytes:
    body.seek(0)
    return body.read(MAX_COMMAND_BYTES + 1)


def _fitting(data: bytes) -> bytes:
    if len(data) > MAX_COMMAND_BYTES:
        detail = f"This makes a message of {len(data)} bytes, at most {MAX_COMMAND_BYTES} can be carried."
        raise Invalid("message_too_large", detail, http=413)
    return data


def _unavailable(problem: str) -> Unavailable:
    return Unavailable("bus_unavailable", f"The message bus {problem}, try again.")

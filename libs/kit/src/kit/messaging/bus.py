"""The caller's side: send a command and wait for its verdict, ask a query, drop a hint."""

import asyncio
from dataclasses import dataclass
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
from kit import failpoints, telemetry
from kit.connection import inbox
from kit.errors import Invalid, Unavailable, error_of
from kit.messaging.envelope import SERVICE, headers_of, new_id, subject_of

VERDICT_WAIT = 2.0
ACK_WAIT = 2.0
QUERY_WAIT = 2.0
REFUSED = "fairway-refused"
LARGEST_COMMAND = COMMANDS.max_msg_size - 32 * 1024
"""Bytes of a command's body; the rest is for its headers."""


@dataclass
class Sent:
    """A command under way: whether its stream has it, and what its owner says."""

    verdict: asyncio.Future[bytes]
    stored: bool = False


class Bus:
    """One per process. Acknowledgements and verdicts of all commands in flight arrive on one subscription each, which
    costs half of what `js.publish` does for every single one."""

    def __init__(self, nc: Client, service: str) -> None:
        self.nc, self.service = nc, service
        self.js = nc.jetstream(timeout=5)
        self._acks, self._verdicts = inbox(nc), inbox(nc)
        self._sent: dict[str, Sent] = {}

    async def start(self) -> None:
        await self.nc.subscribe(f"{self._acks}.*", cb=self._on_ack)
        await self.nc.subscribe(f"{self._verdicts}.*", cb=self._on_verdict)

    async def _on_ack(self, msg: Msg) -> None:
        """An error (stream full), or a status instead of a body (no stream), is an answer too."""
        sent = self._sent.get(msg.subject.rpartition(".")[2])
        if sent is None:
            return
        sent.stored = bool(msg.data) and "error" not in orjson.loads(msg.data)
        if not sent.stored and not sent.verdict.done():
            sent.verdict.set_exception(_unavailable())
        failpoints.reach("bus.published")

    async def _on_verdict(self, msg: Msg) -> None:
        sent = self._sent.get(msg.subject.rpartition(".")[2])
        if sent and not sent.verdict.done():
            sent.verdict.set_result(msg.data)

    async def send(
        self, command: Command, actor: Actor, command_id: UUID | None = None, wait: float = VERDICT_WAIT
    ) -> Accepted | Refused | None:
        """The owner's verdict, or None when it stays silent: the command is safe in the stream and will be judged.

        Invalid (413) when it is larger than its stream takes. Unavailable when the stream did not acknowledge; the
        command may or may not have arrived, so a client that tries again should use the same Idempotency-Key.
        """
        command_id = command_id or new_id()
        with telemetry.span(f"send {command.ce_type()}", SpanKind.PRODUCER, None, **{"messaging.system": "nats"}):
            return await self._send(command, actor, command_id, wait)

    async def _send(self, command: Command, actor: Actor, command_id: UUID, wait: float) -> Accepted | Refused | None:
        key, data = uuid4().hex, _fitting(command.model_dump_json().encode())
        headers = headers_of(command, self.service, actor, command_id) | {h.REPLY: f"{self._verdicts}.{key}"}
        self._sent[key] = sent = Sent(asyncio.get_running_loop().create_future())
        try:
            await self._publish(subject_of(command, command_id), data, f"{self._acks}.{key}", headers)
            answered = await _heard(sent, min(wait, ACK_WAIT)) or await _heard(sent, wait - ACK_WAIT)
            return VERDICT.validate_json(sent.verdict.result()) if answered else None
        finally:
            del self._sent[key]

    async def _publish(self, subject: str, data: bytes, reply: str, headers: dict[str, str]) -> None:
        try:
            await self.nc.publish(subject, data, reply, headers)
        except (NatsError, OSError) as error:
            raise _unavailable() from error

    async def ask(self, query: Query, actor: Actor = SERVICE, wait: float = QUERY_WAIT) -> bytes:
        """The answer as JSON, untouched. Raises the owner's refusal, or Unavailable when nobody answers in time."""
        headers = headers_of(query, self.service, actor, new_id())
        try:
            reply = await self.nc.request(query.subject(), query.model_dump_json().encode(), wait, headers=headers)
        except (NoRespondersError, TimeoutError, NatsError) as error:
            detail = f"The {query.owner()} service does not answer, try again."
            raise Unavailable("service_unavailable", detail) from error
        if reply.headers and REFUSED in reply.headers:
            raise error_of(Refused.model_validate_json(reply.data))
        return reply.data

    async def hint(self, live: Live) -> None:
        """Progress for whoever is looking; lost when nobody is."""
        headers = {h.TYPE: live.ce_type(), h.AUDIENCE: ",".join(map(str, live.audience()))}
        await self.nc.publish(live.subject(live.key()), live.model_dump_json().encode(), headers=headers)

    async def lookup(self, query: Query, actor: Actor) -> dict | None:
        """An answer as Python values; None for null."""
        return orjson.loads(await self.ask(query, actor))


async def _heard(sent: Sent, limit: float) -> bool:
    """Whether the verdict came within `limit` seconds. Unavailable when by then not even the stream has answered."""
    if limit > 0:
        await asyncio.wait((sent.verdict,), timeout=limit)
    if not sent.verdict.done() and not sent.stored:
        raise _unavailable()
    return sent.verdict.done()


def _fitting(data: bytes) -> bytes:
    if len(data) > LARGEST_COMMAND:
        detail = f"This makes a message of {len(data)} bytes, at most {LARGEST_COMMAND} can be carried."
        raise Invalid("message_too_large", detail, http=413)
    return data


def _unavailable() -> Unavailable:
    return Unavailable("bus_unavailable", "The message bus is not reachable, try again.")

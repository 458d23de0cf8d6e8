"""The caller's side: send a command and wait for its verdict, ask a query, drop a hint."""

import asyncio
from uuid import UUID, uuid4

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError
from nats.js.errors import Error as JetStreamError
from opentelemetry.trace import SpanKind

from contracts import headers as h
from contracts.base import Command, Live, Query
from contracts.shared import Actor
from contracts.verdict import VERDICT, Accepted, Refused
from kit import failpoints, telemetry
from kit.errors import Unavailable, error_of
from kit.messaging.envelope import SERVICE, headers_of, new_id, subject_of

VERDICT_WAIT = 2.0
QUERY_WAIT = 2.0
REFUSED = "fairway-refused"


class Bus:
    """One per process. Verdicts of all commands in flight arrive on one subscription."""

    def __init__(self, nc: Client, service: str) -> None:
        self.nc, self.service = nc, service
        self.js = nc.jetstream(timeout=5)
        self._inbox = f"_INBOX.verdict.{uuid4().hex}"
        self._waiting: dict[str, asyncio.Future[bytes]] = {}

    async def start(self) -> None:
        await self.nc.subscribe(f"{self._inbox}.*", cb=self._on_verdict)

    async def _on_verdict(self, msg: Msg) -> None:
        waiting = self._waiting.get(msg.subject.rpartition(".")[2])
        if waiting and not waiting.done():
            waiting.set_result(msg.data)

    async def send(
        self, command: Command, actor: Actor, command_id: UUID | None = None, wait: float = VERDICT_WAIT
    ) -> Accepted | Refused | None:
        """The owner's verdict, or None when it stays silent: the command is safe in the stream and will be judged.

        Unavailable when the stream did not acknowledge; the command may or may not have arrived, so a client that
        tries again should use the same Idempotency-Key.
        """
        command_id = command_id or new_id()
        with telemetry.span(f"send {command.ce_type()}", SpanKind.PRODUCER, None, **{"messaging.system": "nats"}):
            return await self._send(command, actor, command_id, wait)

    async def _send(self, command: Command, actor: Actor, command_id: UUID, wait: float) -> Accepted | Refused | None:
        key = uuid4().hex
        headers = headers_of(command, self.service, actor, command_id) | {h.REPLY: f"{self._inbox}.{key}"}
        self._waiting[key] = waiting = asyncio.get_running_loop().create_future()
        try:
            await self._publish(subject_of(command, command_id), command.model_dump_json().encode(), headers)
            failpoints.reach("bus.published")
            return VERDICT.validate_json(await asyncio.wait_for(waiting, wait))
        except TimeoutError:
            return None
        finally:
            del self._waiting[key]

    async def _publish(self, subject: str, data: bytes, headers: dict[str, str]) -> None:
        try:
            await self.js.publish(subject, data, timeout=2, headers=headers)
        except (NatsError, JetStreamError, TimeoutError, OSError) as error:
            raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error

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

"""A write: body → command → verdict of its owner → response.

Without a verdict in time the command is safe in its stream, and the client gets 202 with the address of its status.
Commands that expire return 503 instead: their owner refuses them once they are too old, so that none has a late effect.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

import orjson
from nats.errors import Error as NatsError
from nats.js.api import RawStreamMsg
from nats.js.errors import Error as JetStreamError
from nats.js.errors import NotFoundError
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Command
from contracts.shared import Actor
from contracts.streams import COMMANDS
from contracts.verdict import Kind, Refused, Verdict
from gateway.http.dialect import dialect_of
from gateway.http.idempotency import Result
from gateway.http.limits.throttle import network
from gateway.http.problems import refusal
from gateway.http.request_context import RequestContext, request_context
from gateway.http.verdicts import stored_verdict
from kit.errors import Invalid, Unavailable
from kit.messaging.bus import VERDICT_WAIT, Bus
from kit.messaging.delivery.inbox import REUSED
from kit.messaging.envelope import new_id, subject_of
from kit.messaging.staging import StagedFile, fingerprint

LONGEST_KEY = 128
POLL_INTERVAL, LONGEST_PAUSE = 0.1, 2.0
"""Seconds until a repeat looks again for the verdict of the first command: doubled each time, because many repeats
would add load to a slow owner, until they are the longest ones."""
JSON = "application/json"
R = TypeVar("R", Result, Result | None)


async def send(
    request: Request, command: Command, wait: float | None = None, staged: StagedFile | None = None
) -> Response:
    """`wait`: seconds for owners that need longer than usual because they call another server. `staged` is the JSON of
    the command in a file, where it is too large for memory."""
    context = request_context(request)
    if type(command) not in context.rule.sends:
        raise TypeError(f"{request.url.path} does not declare that it sends {command.ce_type()}")
    key = context.headers.get("idempotency-key")
    if key is None:
        command_id = new_id()
        verdict, _ = await _watched(context, command, wait, lambda: _alone(context, command, command_id, wait, staged))
        return _answer(request, context, command, command_id, verdict)
    command_id = _derived(context.actor, request, key, command)
    digest = staged.sha256 if staged else fingerprint(command.model_dump_json().encode(), {})
    result = await context.app.pending.run_once(
        command_id, digest.encode(),
        lambda: _watched(context, command, wait, lambda: _once(context, command, command_id, digest, wait, staged)),
    )  # fmt: skip
    if result is None:
        return refusal(REUSED, request.url.path)
    verdict, replayed = result
    response = _answer(request, context, command, command_id, verdict)
    if replayed:
        response.headers["idempotent-replayed"] = "true"
    return response


async def _watched(
    context: RequestContext, command: Command, wait: float | None, ask: Callable[[], Awaitable[R]]
) -> R:  # fmt: skip
    """Returns what `ask` returns. Raises Unavailable without using the bus while the owner is overloaded with short
    commands. Repeats count as well, or those of an outage would keep it overloaded."""
    if wait is not None or command.expires is None:
        return await ask()
    circuit = context.app.circuits.of(command.owner())
    circuit.check()
    result = await ask()
    circuit.record(in_time=result is None or result[0] is not None)
    return result


async def _alone(
    context: RequestContext, command: Command, command_id: UUID, wait: float | None, staged: StagedFile | None
) -> Result:
    return await _sent(context, command, command_id, wait, staged), False


async def _sent(
    context: RequestContext, command: Command, command_id: UUID, wait: float | None, staged: StagedFile | None
) -> Verdict | None:
    return await context.app.bus.send(command, context.actor, command_id, wait or VERDICT_WAIT, staged)


async def _once(
    context: RequestContext, command: Command, command_id: UUID, digest: str, wait: float | None,
    staged: StagedFile | None,
) -> Result | None:  # fmt: skip
    """Sends the command unless its stream has it. Returns None when it was sent with another body."""
    first = await stored(context.app.bus, command, command_id)
    if first is None:
        return await _first_verdict(context, command, command_id, wait, staged)
    if fingerprint(first.data or b"", first.headers or {}) != digest:
        return None
    return await _repeated(context, command, command_id, first, wait, staged), True


async def _first_verdict(
    context: RequestContext, command: Command, command_id: UUID, wait: float | None, staged: StagedFile | None
) -> Result | None:
    """Commands leave the stream some time after their verdict; the owner's inbox keeps the verdict."""
    verdict = await _sent(context, command, command_id, wait, staged)
    if isinstance(verdict, Refused) and verdict.code == REUSED.code:
        return None
    return verdict, verdict is not None and verdict.replayed


async def _repeated(
    context: RequestContext, command: Command, command_id: UUID, first: RawStreamMsg, wait: float | None,
    staged: StagedFile | None,
) -> Verdict | None:  # fmt: skip
    """Returns the verdict of the first command. One that can no longer have an effect, and left no verdict, is sent
    again."""
    until, pause = time.monotonic() + (wait or VERDICT_WAIT), POLL_INTERVAL
    while True:
        verdict = await stored_verdict(context, type(command), first, command_id)
        if isinstance(verdict, Refused) and verdict.kind == Kind.EXPIRED:
            return await _sent(context, command, command_id, wait, staged)
        if verdict or time.monotonic() > until:
            return verdict
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _answer(
    request: Request, context: RequestContext, command: Command, command_id: UUID, verdict: Verdict | None
) -> Response:
    if isinstance(verdict, Refused):
        return refusal(verdict, request.url.path)
    if verdict is None and (command.expires is not None or not dialect_of(request).has_pending_writes):
        raise Unavailable("no_verdict", _no_verdict_text(command.owner(), command.expires))
    if verdict is None:
        address = f"{context.app.settings.api_path}/commands/{command_id}"
        body = orjson.dumps({"id": str(command_id), "status": "pending"})
        return Response(body, 202, {"location": address, "retry-after": "1"}, JSON)
    if verdict.http == 204:
        return Response(status_code=204)
    return Response(orjson.dumps(verdict.result), verdict.http, media_type=JSON)


def _no_verdict_text(owner: str, expires: float | None) -> str:
    may = "when it is back" if expires is None else f"within {expires:.0f} seconds, not later"
    return (
        f"The {owner} service does not answer. It may execute this request {may}. "
        "Retrying is safe with an Idempotency-Key; without one, check first whether it was executed."
    )


def _derived(actor: Actor, request: Request, key: str, command: Command) -> UUID:
    """Returns the same id for the same user, route and key in every replica; callers without a login are distinguished
    by address. The type tells the commands of one request apart."""
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        text = f"must be 1 to {LONGEST_KEY} printable ASCII characters"
        raise Invalid("bad_idempotency_key", "Invalid Idempotency-Key", **{"Idempotency-Key": [text]})
    route = f"{request.method} {request.url.path.rstrip('/')}"
    person = network(request) if actor.is_anonymous else actor.id
    return uuid5(NAMESPACE_URL, f"{person} {route} {key} {command.ce_type()}")


async def stored(bus: Bus, command: Command, command_id: UUID) -> RawStreamMsg | None:
    """Returns the command as it was sent the first time."""
    return await last_message(bus, subject_of(command, command_id))


async def last_message(bus: Bus, subject: str) -> RawStreamMsg | None:
    """Raises Unavailable when the stream does not answer."""
    try:
        return await bus.js.get_last_msg(COMMANDS.name, subject)
    except NotFoundError:
        return None
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error

"""A write: body → command → verdict of its owner → answer.

Silence of the owner is no failure: the command lies safe in its stream, the client gets 202 and an address to ask at.
Commands that expire are the exception; nobody wants to be surprised by them later.
"""

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
from contracts.verdict import Accepted, Refused
from gateway.call import Call, call_of
from gateway.problems import refusal
from kit.errors import Invalid, Unavailable
from kit.messaging.bus import Bus
from kit.messaging.envelope import new_id, subject_of
from kit.messaging.inbox import REUSED

LONGEST_KEY = 128
JSON = "application/json"


async def send(request: Request, command: Command, wait: float | None = None) -> Response:
    """`wait`: seconds for owners that need longer than usual, because they call the outside world."""
    call = call_of(request)
    if type(command) not in call.rule.sends:
        raise TypeError(f"{request.url.path} does not declare that it sends {command.ce_type()}")
    bus, key = call.door.bus, call.headers.get("idempotency-key")
    command_id = new_id() if key is None else _derived(call.actor, request, key, command)
    first = None if key is None else await stored(bus, command, command_id)
    if first and first.data != command.model_dump_json().encode():
        return refusal(REUSED, request.url.path)
    verdict = await bus.send(command, call.actor, command_id, **({"wait": wait} if wait else {}))
    response = _answer(request, call, command, command_id, verdict)
    if first:
        response.headers["idempotent-replayed"] = "true"
    return response


def _answer(
    request: Request, call: Call, command: Command, command_id: UUID, verdict: Accepted | Refused | None
) -> Response:
    if isinstance(verdict, Refused):
        return refusal(verdict, request.url.path)
    if verdict is None and command.expires is not None:
        raise Unavailable("no_verdict", _silence(command.owner(), command.expires))
    if verdict is None:
        address = f"{call.door.settings.api_path}/commands/{command_id}"
        body = orjson.dumps({"id": str(command_id), "status": "pending"})
        return Response(body, 202, {"location": address, "retry-after": "1"}, JSON)
    if verdict.http == 204:
        return Response(status_code=204)
    return Response(orjson.dumps(verdict.result), verdict.http, media_type=JSON)


def _silence(owner: str, expires: float) -> str:
    return (
        f"The {owner} service does not answer. It may still carry this out within {expires:.0f} seconds, not later. "
        "With an Idempotency-Key it is safe to try again; without one, look first."
    )


def _derived(actor: Actor, request: Request, key: str, command: Command) -> UUID:
    """The same person, route and key name the same command, in whichever replica. The type tells the commands of one
    request apart."""
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        text = f"must be 1 to {LONGEST_KEY} printable ASCII characters"
        raise Invalid("bad_idempotency_key", "Invalid Idempotency-Key", **{"Idempotency-Key": [text]})
    route = f"{request.method} {request.url.path.rstrip('/')}"
    return uuid5(NAMESPACE_URL, f"{actor.id} {route} {key} {command.ce_type()}")


async def stored(bus: Bus, command: Command, command_id: UUID) -> RawStreamMsg | None:
    """The command as it was sent the first time."""
    return await last_message(bus, subject_of(command, command_id))


async def last_message(bus: Bus, subject: str) -> RawStreamMsg | None:
    """Unavailable when the stream does not answer."""
    try:
        return await bus.js.get_last_msg(COMMANDS.name, subject)
    except NotFoundError:
        return None
    except (NatsError, JetStreamError, TimeoutError) as error:
        raise Unavailable("bus_unavailable", "The message bus is not reachable, try again.") from error

"""What became of a command."""

from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from nats.js.api import RawStreamMsg
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts import headers as h
from contracts.base import REGISTRY, Command
from contracts.verdict import VERDICT, Accepted, Refused
from gateway.call import Call, call_of
from gateway.commands import last_message
from gateway.policy import Policy
from gateway.routing import Routes
from kit.errors import DomainError, Expired, NotFound
from kit.http import status_of
from kit.messaging.envelope import actor_of

routes = Routes("commands")
GRACE = 60.0
"""Seconds after which a command that expired unseen cannot be under way any more."""


class CommandStatus(BaseModel):
    """`http` and `result` or `refused` once it is done."""

    id: str
    status: Literal["pending", "done"]
    type: str
    sent_at: str
    http: int | None = None
    result: Any = None
    refused: Refused | None = None


@routes.get("/commands/{command_id}/", Policy.AUTH, CommandStatus)
async def get_command(request: Request, command_id: UUID) -> Response:
    """Its sender and administrators may know; for others it does not exist."""
    call = call_of(request)
    sent = await last_message(call.door.bus, f"cmd.*.v1.*.{command_id}")
    if sent is None or not _may_see(call, sent.headers or {}):
        raise NotFound("command_not_found")
    headers = sent.headers or {}
    body = {"id": str(command_id), "status": "pending", "type": headers[h.TYPE], "sent_at": headers[h.TIME]}
    return JSONResponse(body | await _judged(call, sent, command_id))


def _may_see(call: Call, headers: dict[str, str]) -> bool:
    return h.ACTOR in headers and call.actor.owns(actor_of(headers[h.ACTOR]).id)


async def _judged(call: Call, sent: RawStreamMsg, command_id: UUID) -> dict[str, Any]:
    """Empty while the owner has not judged it."""
    kind = REGISTRY[(sent.headers or {})[h.TYPE]]
    lookup = REGISTRY[f"qry.{kind.owner()}.v1.get_command"]
    try:
        stored = orjson.loads(await call.door.bus.ask(lookup(command_id=str(command_id)), call.actor))
    except NotFound:
        return _shown(Expired("expired").refused()) if _is_gone(kind, sent) else {}
    except DomainError:
        return {}
    return _shown(VERDICT.validate_python(stored["verdict"]))


def _is_gone(kind: Any, sent: RawStreamMsg) -> bool:
    """Its owner leaves no trace of a command that came too late."""
    limit = kind.expires if issubclass(kind, Command) else None
    age = datetime.now(UTC) - datetime.fromisoformat((sent.headers or {})[h.TIME])
    return limit is not None and age.total_seconds() > limit + GRACE


def _shown(verdict: Accepted | Refused) -> dict[str, Any]:
    if isinstance(verdict, Refused):
        return {"status": "done", "http": status_of(verdict), "refused": verdict.model_dump(mode="json")}
    return {"status": "done", "http": verdict.http, "result": verdict.result}

"""Status of long-running commands."""

from typing import Any, Literal
from uuid import UUID

from nats.js.api import RawStreamMsg
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts import headers as h
from contracts.registry import all_messages
from contracts.verdict import Refused, Verdict
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import last_message
from gateway.http.policy import Policy
from gateway.http.request_context import RequestContext, request_context
from gateway.http.routing import Routes
from gateway.http.verdicts import known_verdict, stored_verdict
from kit.errors import NotFound
from kit.http.problems import status_of
from kit.messaging.envelope import actor_of

routes = Routes("commands", FAIR)


class CommandStatus(BaseModel):
    """`http` and `result` or `refused` exist once it is done; `type` and `sent_at` until some minutes after that."""

    id: str
    status: Literal["pending", "done"]
    type: str | None = None
    sent_at: str | None = None
    http: int | None = None
    result: Any = None
    refused: Refused | None = None


@routes.get("/commands/{command_id}/", Policy.AUTH, CommandStatus)
async def get_command(request: Request, command_id: UUID) -> Response:
    """Visible to its sender and to administrators; 404 for others."""
    context = request_context(request)
    sent = await last_message(context.app.bus, f"cmd.*.v1.*.{command_id}")
    if sent is None:
        return JSONResponse({"id": str(command_id), **_shown(await known_verdict(context, command_id))})
    if not _may_see(context, sent.headers or {}):
        raise NotFound("command_not_found")
    headers = sent.headers or {}
    body = {"id": str(command_id), "status": "pending", "type": headers[h.TYPE], "sent_at": headers[h.TIME]}
    return JSONResponse(body | await _verdict_members(context, sent, command_id))


def _may_see(context: RequestContext, headers: dict[str, str]) -> bool:
    return h.ACTOR in headers and context.actor.owns(actor_of(headers[h.ACTOR]).id)


async def _verdict_members(context: RequestContext, sent: RawStreamMsg, command_id: UUID) -> dict[str, Any]:
    """Returns an empty dictionary while the owner has not decided."""
    kind: Any = all_messages()[(sent.headers or {})[h.TYPE]]
    verdict = await stored_verdict(context, kind, sent, command_id)
    return _shown(verdict) if verdict else {}


def _shown(verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Refused):
        return {"status": "done", "http": status_of(verdict), "refused": verdict.model_dump(mode="json")}
    return {"status": "done", "http": verdict.http, "result": verdict.result}

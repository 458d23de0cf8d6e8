"""Dashboards: stored, read, replaced, deleted."""

import hashlib
from typing import Annotated, Any
from uuid import UUID, uuid4

import orjson
from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import dashboards as c
from gateway.apis.dashboards.bodies import body_of, json_object
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import answer, send
from gateway.apis.dashboards.stored.contents import (
    DTO,
    EXAMPLE,
    StoredDashboard,
    compact,
    respond,
    send_large,
    whole,
)
from gateway.http.policy import Policy
from gateway.http.request_context import request_context
from gateway.http.routing import Routes

routes = Routes("dashboards", DASHBOARDS)
IfMatch = Annotated[str | None, Header(max_length=1000, description="Entity tags of which the current one must be one")]
Message = Annotated[str, Query(max_length=500, description="What was changed, for the list of versions")]
REFUSED = {403: "The dashboard is protected, or the caller may not change it.", 415: None}
STALE = {412: "The dashboard was changed since it was read."}
ETAG: Any = {"description": "Names this content, for `If-Match`", "schema": {"type": "string"}}


def tagged(status: int) -> dict[int | str, dict[str, Any]]:
    """Returns the description of a response with an entity tag."""
    return {status: {"description": "Done", "model": StoredDashboard, "headers": {"ETag": ETAG}}}


async def dto_of(request: Request) -> str:
    """Returns the body as the content that is stored. Raises 422 and 413."""
    return compact(await json_object(request, request_context(request).app.settings.dashboard_max_body))


@routes.post(
    "/dashboard/", Policy.ANON, StoredDashboard, status=201, scope=SCOPE, sends=c.CreateDashboard,
    responses=tagged(201), openapi_extra=body_of(DTO, EXAMPLE),
    refuses={403: "The caller has no more room for dashboards.", 415: None},
)  # fmt: skip
async def create_dashboard(request: Request) -> Response:
    """Stores a dashboard under a new id. It can be evicted when the store is full and it was not read for longest."""
    content = await dto_of(request)
    command = c.CreateDashboard(dashboard_id=new_id(request, content), content=content)
    response = await send_large(request, command)
    return written(response, content, 201)


def new_id(request: Request, content: str) -> str:
    """Returns a random id. A repeat with the same Idempotency-Key gets the same one, which nobody else can tell."""
    context = request_context(request)
    key = context.headers.get("idempotency-key")
    if key is None:
        return str(uuid4())
    secret = context.app.settings.signing_key.get_secret_value()
    digest = hashlib.sha256("\n".join((secret, str(context.actor.id), key, content)).encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def written(response: Response, content: str, status: int) -> Response:
    """Returns what was written, or the refusal."""
    if response.status_code >= 400:
        return response
    result = orjson.loads(response.body)
    replayed = {name: response.headers[name] for name in ("idempotent-replayed",) if name in response.headers}
    return respond(result["id"], content, result["etag"], status, replayed)


@routes.get("/dashboard/{dashboard_id}", Policy.ANON, StoredDashboard, scope=SCOPE, responses=tagged(200))
async def get_dashboard(request: Request, dashboard_id: str) -> Response:
    """Returns a dashboard. Reading it keeps it from being evicted before others."""
    head = c.DashboardText.model_validate_json(await answer(request, c.GetDashboard(dashboard_id=dashboard_id[:256])))
    return respond(head.id, await whole(request, head), head.etag)


@routes.patch(
    "/dashboard/{dashboard_id}", Policy.ANON, StoredDashboard, scope=SCOPE, sends=c.ReplaceDashboard,
    responses=tagged(200), openapi_extra=body_of(DTO, EXAMPLE), refuses={**REFUSED, **STALE},
)  # fmt: skip
async def replace_dashboard(
    request: Request, dashboard_id: str, message: Message = "", if_match: IfMatch = None
) -> Response:
    """Replaces a dashboard as a whole, and keeps its former content as a version. The last writer wins, unless
    `If-Match` names the content that was read."""
    content = await dto_of(request)
    command = c.ReplaceDashboard(
        dashboard_id=dashboard_id[:256], content=content, if_match=if_match, message=message
    )  # fmt: skip
    return written(await send_large(request, command), content, 200)


@routes.add(
    "DELETE", "/dashboard/{dashboard_id}", Policy.ANON, StoredDashboard, scope=SCOPE, sends=c.DeleteDashboard,
    responses=tagged(200), refuses={**REFUSED, **STALE},
)  # fmt: skip
async def delete_dashboard(request: Request, dashboard_id: str, if_match: IfMatch = None) -> Response:
    """Deletes a dashboard and returns it. Its owner and operators can restore it for some days."""
    response = await send(request, c.DeleteDashboard(dashboard_id=dashboard_id[:256], if_match=if_match))
    if response.status_code >= 400:
        return response
    gone = c.DashboardText.model_validate({**orjson.loads(response.body), "text": ""})
    return respond(gone.id, await whole(request, gone), gone.etag)

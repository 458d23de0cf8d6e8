"""What lies beside dashboards: lists, titles and tags, permissions, links, and variables."""

import hashlib
import secrets
from typing import Annotated

import orjson
from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.notify import dashboard_sharing as c
from contracts.notify.dashboards import DashboardText, Level
from gateway.apis.dashboards.bodies import body_of, json_model
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import answer, ask, send
from gateway.apis.dashboards.stored.contents import StoredDashboard, respond
from gateway.apis.dashboards.stored.dashboards import tagged
from gateway.apis.dashboards.stored.placeholders import named
from gateway.http.pagination import Searched, Word
from gateway.http.policy import SMALL_BODY, Policy
from gateway.http.queries import page_response
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf
from kit.errors import Invalid

routes = Routes("dashboards", DASHBOARDS)
OBJECT = {"type": "object"}
NOT_PERMITTED = {403: "The caller may not do this with the dashboard.", 415: None}
NOT_THEIRS = {403: "Only its owner and operators may do this."}
ONLY_OWNER = {**NOT_THEIRS, 415: None}


class DashboardFilters(Searched):
    """`search` finds parts of titles, ids and owners."""

    tag: Word | None = None
    mine: bool = False


class Details(BaseModel):
    """Members that are omitted keep their value."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Losses", "tags": ["training"]}]}
    )

    title: c.Title | None = None
    tags: c.Tags | None = None
    listed: bool | None = None


class NewPermissions(BaseModel):
    model_config = ConfigDict(extra="forbid")

    everyone: Level
    users: list[c.Permission] = Field(default=[], max_length=c.MAX_PERMISSIONS)


class NewLink(BaseModel):
    model_config = ConfigDict(extra="forbid")

    note: str = Field(default="", max_length=200)
    expires_at: AwareDatetime | None = None


class LinkChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paused: bool


@routes.get("/dashboards", Policy.ANON, ListOf[c.DashboardDetails], scope=SCOPE)
async def list_dashboards(request: Request, filters: Annotated[DashboardFilters, Query()]) -> Response:
    """Lists the caller's dashboards, those that the caller was given, and listed ones, last written first."""
    page = filters.page(request_context(request).app.settings.page_size)
    query = c.ListDashboards(page=page, tag=filters.tag, mine=filters.mine)
    rows = orjson.loads(await answer(request, query))
    return page_response(request, page, rows["count"], rows["results"])


@routes.get("/dashboard/{dashboard_id}/details", Policy.ANON, c.DashboardDetails, scope=SCOPE)
async def get_dashboard_details(request: Request, dashboard_id: str) -> Response:
    """Returns what is known of a dashboard beside its content, and what the caller may do. That is no access."""
    return await ask(request, c.GetDetails(dashboard_id=dashboard_id[:256]))


@routes.patch(
    "/dashboard/{dashboard_id}/details", Policy.ANON, c.DashboardDetails, scope=SCOPE, sends=c.ChangeDetails,
    openapi_extra=body_of(OBJECT, {"title": "Losses", "tags": ["training"]}), refuses=NOT_PERMITTED,
)  # fmt: skip
async def change_dashboard_details(request: Request, dashboard_id: str) -> Response:
    """Changes title and tags, and whether the dashboard is in everybody's list."""
    body = await json_model(request, Details, SMALL_BODY)
    return await send(request, c.ChangeDetails(dashboard_id=dashboard_id[:256], **body.model_dump()))


@routes.get("/dashboard/{dashboard_id}/permissions", Policy.OWNER, c.Permissions, scope=SCOPE, refuses=NOT_THEIRS)
async def get_dashboard_permissions(request: Request, dashboard_id: str) -> Response:
    """Returns what everyone may do who knows the id, and what single users may do."""
    return await ask(request, c.GetPermissions(dashboard_id=dashboard_id[:256]))


@routes.put(
    "/dashboard/{dashboard_id}/permissions", Policy.OWNER, c.Permissions, scope=SCOPE, sends=c.SetPermissions,
    openapi_extra=body_of(OBJECT, {"everyone": "view", "users": [{"user_id": 7, "level": "edit"}]}), refuses=ONLY_OWNER,
)  # fmt: skip
async def set_dashboard_permissions(request: Request, dashboard_id: str) -> Response:
    """Replaces all permissions. Of everyone and a user's own the higher one counts."""
    body = await json_model(request, NewPermissions, SMALL_BODY)
    return await send(
        request, c.SetPermissions(dashboard_id=dashboard_id[:256], everyone=body.everyone, users=body.users)
    )


@routes.get("/dashboard/{dashboard_id}/links", Policy.OWNER, list[c.DashboardLink], scope=SCOPE, refuses=NOT_THEIRS)
async def list_dashboard_links(request: Request, dashboard_id: str) -> Response:
    """Lists the links that show a dashboard, without their tokens."""
    return await ask(request, c.ListLinks(dashboard_id=dashboard_id[:256]))


@routes.post(
    "/dashboard/{dashboard_id}/links", Policy.OWNER, c.DashboardLink, status=201, scope=SCOPE, sends=c.CreateLink,
    openapi_extra=body_of(OBJECT, {"note": "For the report"}), refuses={**ONLY_OWNER, 409: "There are too many links."},
)  # fmt: skip
async def create_dashboard_link(request: Request, dashboard_id: str) -> Response:
    """Makes a link: whoever has its token sees the dashboard, whatever the permissions are, until it is over, paused or
    deleted. The token is shown once."""
    body = await json_model(request, NewLink, SMALL_BODY)
    token = secrets.token_hex(16)
    command = c.CreateLink(
        dashboard_id=dashboard_id[:256], link_id=secrets.token_hex(8), token_sha256=_digest(token), note=body.note,
        expires_at=body.expires_at,
    )  # fmt: skip
    response = await send(request, command)
    if response.status_code >= 400:
        return response
    return JSONResponse({**orjson.loads(response.body), "token": token}, 201)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@routes.patch(
    "/dashboard/{dashboard_id}/links/{link_id}", Policy.OWNER, c.DashboardLink, scope=SCOPE, sends=c.ChangeLink,
    openapi_extra=body_of(OBJECT, {"paused": True}), refuses=ONLY_OWNER,
)  # fmt: skip
async def change_dashboard_link(request: Request, dashboard_id: str, link_id: str) -> Response:
    """Pauses a link, or lets it work again."""
    body = await json_model(request, LinkChange, SMALL_BODY)
    command = c.ChangeLink(dashboard_id=dashboard_id[:256], link_id=link_id[:64], paused=body.paused)
    return await send(request, command)


@routes.delete("/dashboard/{dashboard_id}/links/{link_id}", Policy.OWNER, scope=SCOPE, sends=c.DeleteLink,
               refuses=NOT_THEIRS)  # fmt: skip
async def delete_dashboard_link(request: Request, dashboard_id: str, link_id: str) -> Response:
    """Deletes a link: its token shows nothing any more."""
    return await send(request, c.DeleteLink(dashboard_id=dashboard_id[:256], link_id=link_id[:64]))


@routes.get("/linked-dashboards/{token}", Policy.OPEN, StoredDashboard, scope=SCOPE, responses=tagged(200))
async def get_linked_dashboard(request: Request, token: str) -> Response:
    """Returns the dashboard of a link, without a login. That is an access."""
    query = c.GetLinked(token_sha256=_digest(token))
    head = DashboardText.model_validate_json(await answer(request, query))
    text = head.text
    while len(text) < head.characters:
        part = await answer(request, query.model_copy(update={"start": len(text)}))
        text += _same(head, DashboardText.model_validate_json(part)).text
    return respond(head.id, text, head.etag)


def _same(head: DashboardText, part: DashboardText) -> DashboardText:
    """Raises Invalid (409) when the content changed between two parts."""
    if part.etag != head.etag:
        raise Invalid("changed", "The dashboard was changed while it was read: read it again.", http=409)
    return part


@routes.get("/dashboard/{dashboard_id}/variables", Policy.ANON, list[c.DashboardVariable], scope=SCOPE)
async def list_dashboard_variables(request: Request, dashboard_id: str) -> Response:
    """Lists the placeholders such as `${run}` in names of channels, with the values that channels offer for them."""
    return await ask(request, c.ListVariables(dashboard_id=dashboard_id[:256]))


class Resolved(StoredDashboard):
    """Placeholders without a value stay; the header `x-unresolved-variables` names them."""


@routes.get("/dashboard/{dashboard_id}/resolved", Policy.ANON, Resolved, scope=SCOPE)
async def resolve_dashboard(request: Request, dashboard_id: str) -> Response:
    """Returns a dashboard with values in the place of its placeholders: `?run=7` for `${run}`. What is stored keeps
    them. That is an access."""
    values = {name: value[:512] for name, value in list(request.query_params.items())[:50]}
    query = c.ResolveDashboard.model_construct(dashboard_id=dashboard_id[:256], values=named(values), start=0)
    head = c.ResolvedDashboard.model_validate_json(await answer(request, query))
    text = head.text
    while len(text) < head.characters:
        part = await answer(request, query.model_copy(update={"start": len(text)}))
        text += _same(head, DashboardText.model_validate_json(part)).text
    left = {"x-unresolved-variables": ", ".join(head.unresolved)} if head.unresolved else {}
    return respond(head.id, text, head.etag, headers=left)

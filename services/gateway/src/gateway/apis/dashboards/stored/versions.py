"""Former contents of dashboards, the trash, checks without storing, and previews."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import orjson
from fastapi import Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts.notify import dashboards as c
from gateway.apis.dashboards.bodies import body_of
from gateway.apis.dashboards.dialect import DASHBOARDS, SCOPE
from gateway.apis.dashboards.owner_calls import answer, ask, send
from gateway.apis.dashboards.stored.contents import DTO, EXAMPLE, StoredDashboard, respond, send_large, whole
from gateway.apis.dashboards.stored.dashboards import REFUSED, STALE, IfMatch, dto_of, new_id, tagged, written
from gateway.http.pagination import Filters
from gateway.http.policy import Policy
from gateway.http.queries import page_response
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("dashboards", DASHBOARDS)
MAX_PREVIEW = 30 * 86_400
Seconds = Annotated[int, Query(ge=1, le=MAX_PREVIEW, description="Seconds until the preview is gone")]


class Deleted(BaseModel):
    """`deletion` is `deleted` or `evicted`."""

    id: str
    title: str
    owner: str
    size_bytes: int
    deleted_at: datetime
    deletion: str


@routes.get("/dashboard/{dashboard_id}/versions", Policy.ANON, list[c.DashboardVersion], scope=SCOPE)
async def list_dashboard_versions(request: Request, dashboard_id: str) -> Response:
    """Lists the contents that a dashboard has and had, newest first: who wrote them, when, and why."""
    return await ask(request, c.ListVersions(dashboard_id=dashboard_id[:256]))


@routes.get(
    "/dashboard/{dashboard_id}/versions/{number}", Policy.ANON, StoredDashboard, scope=SCOPE, responses=tagged(200)
)
async def get_dashboard_version(request: Request, dashboard_id: str, number: int) -> Response:
    """Returns one version, without restoring it. That is no access."""
    found = await answer(request, c.GetVersion(dashboard_id=dashboard_id[:256], number=max(number, 1)))
    head = c.DashboardText.model_validate_json(found)
    return respond(head.id, await whole(request, head), head.etag)


@routes.post(
    "/dashboard/{dashboard_id}/versions/{number}/restore", Policy.ANON, StoredDashboard, scope=SCOPE,
    sends=c.RestoreVersion, responses=tagged(200), refuses={**REFUSED, **STALE},
)  # fmt: skip
async def restore_dashboard_version(
    request: Request, dashboard_id: str, number: int, if_match: IfMatch = None
) -> Response:
    """Makes a version the newest one, and returns it. The content until then is kept as a version as well."""
    command = c.RestoreVersion(dashboard_id=dashboard_id[:256], number=max(number, 1), if_match=if_match)
    return await _read_after(request, await send(request, command))


async def _read_after(request: Request, response: Response) -> Response:
    """Returns the dashboard that a command without a content has written."""
    if response.status_code >= 400:
        return response
    result = orjson.loads(response.body)
    query = c.GetDashboardText(dashboard_id=result["id"], etag=result["etag"])
    head = c.DashboardText.model_validate_json(await answer(request, query))
    return respond(head.id, await whole(request, head), head.etag)


@routes.post(
    "/dashboard/validate", Policy.ANON, c.CheckResult, scope=SCOPE, sends=c.CheckDashboard,
    openapi_extra=body_of(DTO, EXAMPLE), refuses={415: None},
)  # fmt: skip
async def validate_dashboard(request: Request) -> Response:
    """Tells all that is wrong with a dashboard, with JSON pointers, and its size. Nothing is stored."""
    return await send_large(request, c.CheckDashboard(content=await dto_of(request)))


@routes.post(
    "/dashboard/previews", Policy.ANON, StoredDashboard, status=201, scope=SCOPE, sends=c.CreateDashboard,
    responses=tagged(201), openapi_extra=body_of(DTO, EXAMPLE),
    refuses={403: "The caller has no more room for dashboards.", 415: None},
)  # fmt: skip
async def preview_dashboard(request: Request, ttl: Seconds = 86_400) -> Response:
    """Stores a dashboard for some time only, to be looked at before it is put in its place."""
    content = await dto_of(request)
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=ttl)
    command = c.CreateDashboard(dashboard_id=new_id(request, content), content=content, expires_at=end)
    response = written(await send_large(request, command), content, 201)
    if response.status_code < 400:
        response.headers["expires"] = end.strftime("%a, %d %b %Y %H:%M:%S GMT")
    return response


@routes.get("/dashboards/trash", Policy.AUTH, ListOf[Deleted], scope=SCOPE)
async def list_dashboard_trash(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    """Lists deleted and evicted dashboards that the caller may restore, newest first."""
    page = filters.page(request_context(request).app.settings.page_size)
    rows = orjson.loads(await answer(request, c.ListTrash(page=page)))
    return page_response(request, page, rows["count"], rows["results"])


@routes.post(
    "/dashboard/{dashboard_id}/undelete", Policy.OWNER, StoredDashboard, scope=SCOPE, sends=c.RestoreDashboard,
    responses=tagged(200), refuses={403: None},
)  # fmt: skip
async def undelete_dashboard(request: Request, dashboard_id: str) -> Response:
    """Takes a dashboard out of the trash, with its versions. For its owner and for operators."""
    response = await send(request, c.RestoreDashboard(dashboard_id=dashboard_id[:256]))
    return await _read_after(request, response)

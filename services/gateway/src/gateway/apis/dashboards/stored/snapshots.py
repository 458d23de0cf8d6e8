"""Snapshots of dashboards: frozen copies with their data, shown to whoever has the token."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import orjson
from fastapi import Header, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.notify import snapshots as c
from contracts.notify.dashboard_sharing import Name
from contracts.notify.pictures import CurveData, Picture, Value
from gateway.apis.dashboards.bodies import body_of, json_model
from gateway.apis.dashboards.dialect import DASHBOARDS, LONG_DEADLINE, PICTURES, SCOPE
from gateway.apis.dashboards.owner_calls import answer, send
from gateway.apis.dashboards.pictures import BAD_TIMES, PICTURE, PictureOptions, picture_response
from gateway.apis.dashboards.stored.contents import send_large
from gateway.http.pagination import Filters
from gateway.http.policy import SMALL_BODY, Policy
from gateway.http.queries import JSON, page_response
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("dashboards", DASHBOARDS)
DAYS, MAX_DAYS = 30, 366
EXAMPLE = {"begin_time": 1_767_225_600_000, "end_time": 1_767_229_200_000, "title": "For the report"}
PATH = "/shared-snapshots/{token}"
Key = Annotated[str, Header(alias="Delete-Key", max_length=128, description="The key that the snapshot was made with")]


class NewSnapshot(BaseModel):
    """`values` replace placeholders; without `expires_at` a snapshot is kept for 30 days."""

    model_config = ConfigDict(extra="forbid")

    begin_time: int
    end_time: int
    num_bins: int = Field(500, ge=1, le=c.MAX_BINS)
    values: dict[Name, Value] = Field(default={}, max_length=50)
    title: str | None = Field(default=None, max_length=200)
    expires_at: AwareDatetime | None = None

    @property
    def end(self) -> datetime:
        """When it is over, at most a year from now."""
        now = datetime.now(UTC)
        return min(self.expires_at or now + timedelta(days=DAYS), now + timedelta(days=MAX_DAYS))


class SharedSnapshot(BaseModel):
    """`dashboard` is the DTO as it was; `data` has its curves and annotations."""

    id: str
    title: str
    created_at: datetime
    expires_at: datetime
    dashboard: dict[str, Any]
    data: CurveData


@routes.post(
    "/dashboard/{dashboard_id}/snapshots", Policy.AUTH, c.Snapshot, status=201, scope=PICTURES, sends=c.CreateSnapshot,
    deadline=LONG_DEADLINE, openapi_extra=body_of(NewSnapshot.model_json_schema(), EXAMPLE),
    refuses={**BAD_TIMES, 409: "The caller has too many snapshots.", 413: "The body or the snapshot is too large.",
             415: None},
)  # fmt: skip
async def create_dashboard_snapshot(request: Request, dashboard_id: str) -> Response:
    """Copies a dashboard with the data that the caller sees between two times. Whoever has the token sees the copy
    until its time is over, at most a year; token and key are shown once."""
    body = await json_model(request, NewSnapshot, SMALL_BODY)
    content = await answer(request, c.GetDashboardData(
        dashboard_id=dashboard_id[:256], begin_ms=body.begin_time, end_ms=body.end_time, num_bins=body.num_bins,
        values=body.values,
    ))  # fmt: skip
    token, key = secrets.token_hex(16), secrets.token_hex(16)
    title = body.title if body.title is not None else orjson.loads(content)["title"]
    response = await send_large(request, c.CreateSnapshot(
        snapshot_id=secrets.token_hex(8), dashboard_id=dashboard_id[:256], token_sha256=_digest(token),
        delete_key_sha256=_digest(key), title=title, content=content.decode(), expires_at=body.end,
    ))  # fmt: skip
    if response.status_code >= 400:
        return response
    return JSONResponse({**orjson.loads(response.body), "token": token, "delete_key": key}, 201)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@routes.get("/dashboard-snapshots", Policy.AUTH, ListOf[c.Snapshot], scope=SCOPE)
async def list_dashboard_snapshots(request: Request, filters: Annotated[Filters, Query()]) -> Response:
    """Lists the caller's snapshots, newest first, without their tokens."""
    page = filters.page(request_context(request).app.settings.page_size)
    rows = orjson.loads(await answer(request, c.ListSnapshots(page=page)))
    return page_response(request, page, rows["count"], rows["results"])


@routes.get(PATH, Policy.OPEN, SharedSnapshot, scope=SCOPE)
async def get_dashboard_snapshot(request: Request, token: str) -> Response:
    """Returns a snapshot, without a login."""
    found = c.SnapshotText.model_validate_json(await answer(request, c.GetSnapshot(token_sha256=_digest(token))))
    content, kept = orjson.loads(found.content), found.snapshot
    about = {"id": kept.id, "title": kept.title, "created_at": kept.created_at, "expires_at": kept.expires_at}
    inside = content["dashboard"].get("dashboard", {})
    return Response(orjson.dumps({**about, "dashboard": inside, "data": content["data"]}), media_type=JSON)


@routes.get(f"{PATH}/picture", Policy.OPEN, scope=PICTURES, deadline=LONG_DEADLINE, responses=PICTURE)
async def draw_dashboard_snapshot(
    request: Request, token: str, options: Annotated[PictureOptions, Query()]
) -> Response:
    """Draws a snapshot, without a login; its times are those of the snapshot."""
    query = c.DrawSnapshot(token_sha256=_digest(token), options=options.options(request))
    return picture_response(request, Picture.model_validate_json(await answer(request, query)), options.format)


@routes.delete("/dashboard-snapshots/{snapshot_id}", Policy.ANON, scope=SCOPE, sends=c.DeleteSnapshot)
async def delete_dashboard_snapshot(request: Request, snapshot_id: str, delete_key: Key = "") -> Response:
    """Deletes a snapshot: for its owner and operators by its id, for everybody else with its key."""
    key = _digest(delete_key) if delete_key else None
    return await send(request, c.DeleteSnapshot(snapshot_id=snapshot_id[:64], delete_key_sha256=key))

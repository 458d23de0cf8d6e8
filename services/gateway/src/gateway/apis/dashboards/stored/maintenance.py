"""What operators do with dashboards. A proxy can refuse all of it by its prefix."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.notify import dashboards as c
from gateway.apis.dashboards.bodies import body_of, json_array
from gateway.apis.dashboards.dialect import DASHBOARDS, LONG_DEADLINE, MAINTENANCE_TAG, SCOPE
from gateway.apis.dashboards.owner_calls import answer, send
from gateway.apis.dashboards.stored.contents import EXAMPLE, compact, send_large, whole
from gateway.http.policy import Policy
from gateway.http.queries import JSON
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import Message
from kit.errors import NotFound

routes = Routes("dashboards", DASHBOARDS)
TAGS: dict[str, Any] = {"tags": [routes.tag, MAINTENANCE_TAG]}
RECORD = {"_id": "2a6f1e0c-7d1b-4f0e-9a53-0b6c3f0f8f11", "dashboard": EXAMPLE, "whitelisted": True}
RECORDS = {"type": "array", "items": {"type": "object"}}
BESIDE = ("created_at", "updated_at", "owner_id", "owner", "title", "tags", "expires_at")


class Record(BaseModel):
    """All that is stored of a dashboard; its widgets are at `dashboard.dashboard.widgets`."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(alias="_id")
    dashboard: dict[str, Any]
    size: int = Field(alias="_size")
    last_access: datetime
    whitelisted: bool
    protected: bool


class ExportedTime(BaseModel):
    """A time in the extended JSON of the reference's files."""

    date: datetime = Field(alias="$date")


class ExportedRecord(Record):
    """A record as an import takes it."""

    last_access: ExportedTime  # pyright: ignore[reportIncompatibleVariableOverride]


@routes.get("/maintenance/dashboard/{dashboard_id}", Policy.ADMIN, Record, scope=SCOPE, **TAGS)
async def get_dashboard_record(request: Request, dashboard_id: str) -> Response:
    """Returns all that is stored of a dashboard. That is no access."""
    found = await _record(request, dashboard_id)
    beside = {name: getattr(found, name) for name in (*BESIDE, "provisioned", "version", "etag")}
    record = _written(found.model_dump(), await whole(request, found), _zulu(found.last_access), beside)
    return Response(record, media_type=JSON, headers={"etag": found.etag})


async def _record(request: Request, dashboard_id: str) -> c.DashboardRecord:
    query = c.GetDashboardRecord(dashboard_id=dashboard_id[:256])
    return c.DashboardRecord.model_validate_json(await answer(request, query))


def _written(head: dict[str, Any], content: str, last_access: Any, beside: dict[str, Any]) -> bytes:
    """Returns a record as JSON, with the content as it is stored."""
    first = {"_id": head["id"]}
    rest = {"_size": head["size_bytes"], "last_access": last_access, "whitelisted": head["whitelisted"],
            "protected": head["protected"], **beside}  # fmt: skip
    begin = orjson.dumps(first)[:-1] + b',"dashboard":' + content.encode() + b","
    return begin + orjson.dumps(rest, option=orjson.OPT_UTC_Z)[1:]


def _zulu(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def _set(request: Request, dashboard_id: str, **flags: bool) -> Response:
    return await send(request, c.SetFlags(dashboard_id=dashboard_id[:256], **flags))


@routes.post(
    "/maintenance/dashboard/{dashboard_id}/whitelist", Policy.ADMIN, Message, scope=SCOPE, sends=c.SetFlags, **TAGS
)
async def whitelist_dashboard(request: Request, dashboard_id: str) -> Response:
    """Exempts a dashboard from eviction. It can still be changed and deleted."""
    return await _set(request, dashboard_id, whitelisted=True)


@routes.add("DELETE", "/maintenance/dashboard/{dashboard_id}/whitelist", Policy.ADMIN, Message, scope=SCOPE,
            sends=c.SetFlags, **TAGS)  # fmt: skip
async def unwhitelist_dashboard(request: Request, dashboard_id: str) -> Response:
    """Makes a dashboard evictable again."""
    return await _set(request, dashboard_id, whitelisted=False)


@routes.post(
    "/maintenance/dashboard/{dashboard_id}/protect", Policy.ADMIN, Message, scope=SCOPE, sends=c.SetFlags, **TAGS
)
async def protect_dashboard(request: Request, dashboard_id: str) -> Response:
    """Makes a dashboard read-only, and exempts it from eviction."""
    return await _set(request, dashboard_id, protected=True, whitelisted=True)


@routes.add("DELETE", "/maintenance/dashboard/{dashboard_id}/protect", Policy.ADMIN, Message, scope=SCOPE,
            sends=c.SetFlags, **TAGS)  # fmt: skip
async def unprotect_dashboard(request: Request, dashboard_id: str) -> Response:
    """Makes a dashboard writable again; it stays exempt from eviction."""
    return await _set(request, dashboard_id, protected=False)


@routes.get(
    "/maintenance/dashboards/export", Policy.ADMIN, list[ExportedRecord], scope=SCOPE, deadline=LONG_DEADLINE, **TAGS
)
async def export_dashboards(request: Request, all: bool = False) -> Response:
    """Returns the whitelisted dashboards by id, or all, in the form that an import takes."""
    slices = _slices(request, all)
    first = await anext(slices, b"")
    attached = {"content-disposition": 'attachment; filename="dashboards.json"'}
    return StreamingResponse(_array(first, slices), headers=attached, media_type=JSON)


async def _array(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"[" + first
    async for piece in rest:
        yield b"," + piece
    yield b"]"


async def _slices(request: Request, everything: bool) -> AsyncIterator[bytes]:
    after = None
    while True:
        query = c.ExportDashboards(everything=everything, after=after)
        heads = c.ExportedDashboards.model_validate_json(await answer(request, query)).records
        if not heads:
            return
        pieces = [await _exported(request, head) for head in heads]
        if found := [piece for piece in pieces if piece]:
            yield b",".join(found)
        after = heads[-1]["id"]


async def _exported(request: Request, head: dict[str, Any]) -> bytes:
    """Returns one record; nothing for one that was deleted meanwhile."""
    text = head["text"]
    if text is None:
        try:
            found = await _record(request, head["id"])
            head, text = found.model_dump(mode="json"), await whole(request, found)
        except NotFound:
            return b""
    last_access = {"$date": _zulu(datetime.fromisoformat(head["last_access"]))}
    return _written(head, text, last_access, {name: head[name] for name in BESIDE})


@routes.post(
    "/maintenance/dashboards/import", Policy.ADMIN, c.ImportResult, scope=SCOPE, deadline=LONG_DEADLINE,
    sends=c.ImportDashboards, openapi_extra=body_of(RECORDS, [RECORD]), refuses={415: None}, **TAGS,
)  # fmt: skip
async def import_dashboards(request: Request) -> Response:
    """Stores all records, or none: records that are there are replaced, also protected ones. Takes what an export
    writes, and what MongoDB's tools dump."""
    records = await json_array(request, request_context(request).app.settings.dashboard_max_import)
    return await send_large(request, c.ImportDashboards(records=[compact(one) for one in records]))

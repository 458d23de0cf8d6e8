"""A read: the owner's answer passes through untouched; lists get the links to their neighbours."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.base import Query
from contracts.shared import Page
from gateway.call import call_of
from gateway.paging import Filters
from kit.errors import Invalid

JSON = "application/json"


async def ask(request: Request, query: Query, wait: float | None = None) -> Response:
    return Response(await answer(request, query, wait), media_type=JSON)


async def answer(request: Request, query: Query, wait: float | None = None) -> bytes:
    """The owner's JSON. Raises its refusal, or Unavailable."""
    call = call_of(request)
    return await call.door.bus.ask(query, call.actor, **({"wait": wait} if wait else {}))


async def ask_rows(request: Request, query: type[Query], filters: Filters, geo: bool = False, **more: Any) -> Response:
    """One page of a list; `geo` makes the results a FeatureCollection. Fields of `filters` are fields of the query."""
    await _somebody(request, getattr(filters, "user", None))
    page = filters.page(call_of(request).door.settings.page_size)
    rows = await _whole(request, query(page=page, **filters.fields(), **more))
    results = {"type": "FeatureCollection", "features": rows["results"]} if geo else rows["results"]
    body = {"count": rows["count"], **links(request, page, rows["count"]), "results": results}
    return Response(orjson.dumps(body), media_type=JSON)


async def _somebody(request: Request, user_id: int | None) -> None:
    """Invalid for a filter by an account that is not there, as for every value that a field cannot have."""
    if user_id is not None and not await call_of(request).door.people.exists(user_id):
        raise Invalid("unknown_user", "The filter names nobody.", user=["There is no such user."])


async def _whole(request: Request, query: Query) -> dict[str, Any]:
    """One page, asked for in several portions where its owner cuts answers short (queries with `after`)."""
    rows = orjson.loads(await answer(request, query))
    page: Page = query.page  # type: ignore[attr-defined]
    wanted = min(page.limit, rows["count"] - page.offset)
    while "after" in type(query).model_fields and rows["results"] and len(rows["results"]) < wanted:
        rest = await _portion(request, query, rows["results"], wanted - len(rows["results"]))
        if not rest:
            break
        rows["results"] += rest
    return rows


async def _portion(request: Request, query: Query, seen: list[Any], limit: int) -> list[Any]:
    """What follows the features that were seen."""
    page = query.page.model_copy(update={"offset": 0, "limit": limit})  # type: ignore[attr-defined]
    after = seen[-1]["properties"]["id"]
    rows = orjson.loads(await answer(request, query.model_copy(update={"page": page, "after": after})))["results"]
    return [row for row in rows if row["properties"]["id"] > after]


async def collected(request: Request, query: Query, filename: str = "") -> Response:
    """All features of a list as one FeatureCollection, read while they are sent; `filename` makes it a download."""
    first = orjson.loads(await answer(request, query))["results"]
    named = {"content-disposition": f'attachment; filename="{filename}"'} if filename else {}
    media = "application/geo+json" if filename else JSON
    return StreamingResponse(_streamed(request, query, first), headers=named, media_type=media)


async def _streamed(request: Request, query: Query, portion: list[Any]) -> AsyncIterator[bytes]:
    before = b'{"type":"FeatureCollection","features":['
    while portion:
        yield before + orjson.dumps(portion)[1:-1]
        before = b","
        portion = await _portion(request, query, portion, query.page.limit)  # type: ignore[attr-defined]
    yield b"]}" if before == b"," else before + b"]}"


def links(request: Request, page: Page, count: int) -> dict[str, str | None]:
    after, before = page.offset + page.limit, max(0, page.offset - page.limit)
    return {
        "next": _link(request, page.limit, after) if after < count else None,
        "previous": _link(request, page.limit, before) if page.offset else None,
    }


def _link(request: Request, limit: int, offset: int) -> str:
    """The same list elsewhere, at the public address."""
    given = [(k, v) for k, v in parse_qsl(request.url.query, keep_blank_values=True) if k not in ("limit", "offset")]
    place = [("limit", limit), *([("offset", offset)] if offset else [])]
    base = call_of(request).door.settings.api_base_url
    return f"{base}{request.url.path.removeprefix('/api/v1')}?{urlencode([*given, *place])}"

"""A read: the reply of the owner is passed on unchanged; lists get links to the next and previous page."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.base import Query
from contracts.shared import Page
from gateway.http.dialect import Paging, dialect_of
from gateway.http.pagination import Filters
from gateway.http.request_context import request_context
from gateway.openapi.schemas import Xml
from kit.errors import Invalid

JSON = "application/json"


async def ask(request: Request, query: Query, wait: float | None = None) -> Response:
    return Response(await answer(request, query, wait), media_type=JSON)


async def ask_xml(request: Request, query: Query) -> Response:
    return Xml(orjson.loads(await answer(request, query)))


async def answer(request: Request, query: Query, wait: float | None = None) -> bytes:
    """Returns the JSON of the owner. Raises its refusal, or Unavailable."""
    call = request_context(request)
    return await call.app.bus.ask(query, call.actor, **({"wait": wait} if wait else {}))


async def ask_rows(
    request: Request, query: Callable[..., Query], filters: Filters, geo: bool = False, **more: Any
) -> Response:
    """Returns one page of a list; `geo` makes the results a FeatureCollection. Fields of `filters` are fields of the
    query."""
    await _check_user_exists(request, getattr(filters, "user", None))
    page = filters.page(request_context(request).app.settings.page_size)
    rows = await _full_page(request, query(page=page, **filters.fields(), **more))
    results = {"type": "FeatureCollection", "features": rows["results"]} if geo else rows["results"]
    return page_response(request, page, rows["count"], results)


def page_response(request: Request, page: Page, count: int, results: Any) -> Response:
    """Returns one page of a list with links to the next and previous page."""
    paging = dialect_of(request).paging
    body = {paging.count: count, **_links(request, page, count, paging), paging.results: results}
    return Response(orjson.dumps(body), media_type=JSON)


async def _check_user_exists(request: Request, user_id: int | None) -> None:
    """Raises Invalid for a filter by an unknown user, as for every illegal value of a field."""
    if user_id is not None and not await request_context(request).app.user_directory.exists(user_id):
        raise Invalid("unknown_user", "Unknown user in filter.", user=["There is no such user."])


async def _full_page(request: Request, query: Query) -> dict[str, Any]:
    """Returns one page, requested in several queries when the owner truncates its replies (queries with `after`)."""
    rows = orjson.loads(await answer(request, query))
    page: Page = query.page  # type: ignore[attr-defined]
    wanted = min(page.limit, rows["count"] - page.offset)
    while "after" in type(query).model_fields and rows["results"] and len(rows["results"]) < wanted:
        rest = await _next_page(request, query, rows["results"], wanted - len(rows["results"]))
        if not rest:
            break
        rows["results"] += rest
    return rows


async def _next_page(request: Request, query: Query, seen: list[Any], limit: int) -> list[Any]:
    """Returns the features that follow `seen`."""
    page = query.page.model_copy(update={"offset": 0, "limit": limit})  # type: ignore[attr-defined]
    after = seen[-1]["properties"]["id"]
    rows = orjson.loads(await answer(request, query.model_copy(update={"page": page, "after": after})))["results"]
    return [row for row in rows if row["properties"]["id"] > after]


async def collected(request: Request, query: Query, filename: str = "") -> Response:
    """Returns all features of a list as one FeatureCollection, read while they are sent; `filename` makes it a
    download."""
    first = orjson.loads(await answer(request, query))["results"]
    named = {"content-disposition": f'attachment; filename="{filename}"'} if filename else {}
    media = "application/geo+json" if filename else JSON
    return StreamingResponse(_streamed(request, query, first), headers=named, media_type=media)


async def _streamed(request: Request, query: Query, rows: list[Any]) -> AsyncIterator[bytes]:
    before = b'{"type":"FeatureCollection","features":['
    while rows:
        yield before + orjson.dumps(rows)[1:-1]
        before = b","
        rows = await _next_page(request, query, rows, query.page.limit)  # type: ignore[attr-defined]
    yield b"]}" if before == b"," else before + b"]}"


def _links(request: Request, page: Page, count: int, paging: Paging) -> dict[str, str | None]:
    after, before = page.offset + page.limit, max(0, page.offset - page.limit)
    return {
        paging.next: _link(request, page.limit, after, paging) if after < count else None,
        paging.previous: _link(request, page.limit, before, paging) if page.offset else None,
    }


def _link(request: Request, limit: int, offset: int, paging: Paging) -> str:
    """Returns the public address of the list at another offset."""
    moved = (paging.limit, paging.offset)
    given = [(k, v) for k, v in parse_qsl(request.url.query, keep_blank_values=True) if k not in moved]
    position = [(paging.limit, limit), *([(paging.offset, offset)] if offset else [])]
    base = request_context(request).app.settings.api_base_url
    return f"{base}{request.url.path.removeprefix('/api/v1')}?{urlencode([*given, *position])}"

"""A read: the owner's answer passes through untouched; lists get the links to their neighbours."""

from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from contracts.base import Query
from contracts.shared import Page
from gateway.call import call_of
from gateway.paging import Filters

JSON = "application/json"


async def ask(request: Request, query: Query, wait: float | None = None) -> Response:
    return Response(await answer(request, query, wait), media_type=JSON)


async def answer(request: Request, query: Query, wait: float | None = None) -> bytes:
    """The owner's JSON. Raises its refusal, or Unavailable."""
    call = call_of(request)
    return await call.door.bus.ask(query, call.actor, **({"wait": wait} if wait else {}))


async def ask_rows(request: Request, query: type[Query], filters: Filters, geo: bool = False, **more: Any) -> Response:
    """One page of a list; `geo` makes the results a FeatureCollection. Fields of `filters` are fields of the query."""
    page = filters.page(call_of(request).door.settings.page_size)
    rows = orjson.loads(await answer(request, query(page=page, **filters.fields(), **more)))
    results = {"type": "FeatureCollection", "features": rows["results"]} if geo else rows["results"]
    body = {"count": rows["count"], **links(request, page, rows["count"]), "results": results}
    return Response(orjson.dumps(body), media_type=JSON)


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

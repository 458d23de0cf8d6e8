"""Answers of the label store: `"ok"`, pages with `pagination`, redirects to the object store."""

import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import orjson
from pydantic import BaseModel, create_model
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.base import Query
from contracts.catalog.label_shared import ListPage, SignedUrl
from gateway.apis.labelstore.shared.inputs import Paged
from gateway.http.queries import JSON, answer
from gateway.http.request_context import request_context

NO_STORE = {"cache-control": "no-store"}
PAST_THE_END = {404: "There is no such page, or no such parent."}
Json = dict[str, Any]


class Pagination(BaseModel):
    page: int
    pages: int
    total: int
    per_page: int
    next: int | None
    prev: int | None


def listed(member: str, row: type[BaseModel]) -> type[BaseModel]:
    """Returns the schema of a list whose rows are in `member`."""
    name = f"{row.__name__}List"
    return create_model(name, pagination=(Pagination, ...), **{member: (list[row], ...)})  # type: ignore[call-overload]


def ok(response: Response) -> Response:
    """Says `"ok"` where a command was done; refusals pass through."""
    if response.status_code not in (200, 204):
        return response
    replayed = {name: value for name, value in response.headers.items() if name == "idempotent-replayed"}
    return Response(b'"ok"', 200, replayed, JSON)


def with_members(response: Response, **members: Any) -> Response:
    """Adds members to the object that a command answered with."""
    body = orjson.dumps(orjson.loads(response.body) | members)
    response.body, response.headers["content-length"] = body, str(len(body))
    return response


async def redirected(request: Request, query: Query) -> Response:
    """Redirects to the presigned address that the owner answers with, which is the body as well."""
    link = SignedUrl.model_validate_json(await answer(request, query))
    return Response(orjson.dumps(link.url), 303, {"location": link.url, **NO_STORE}, JSON)


async def ask_page(request: Request, query: Callable[..., Query], member: str, paged: Paged, **fields: Any) -> Response:
    """Returns one page of a list. Rows that do not fit one message of the bus are asked for while they are sent."""
    page = paged.list_page(request_context(request).app.settings.label_max_per_page)
    asked = query(page=page, **(paged.filters() | fields))
    first = orjson.loads(await answer(request, asked))
    head = {"pagination": pagination(page.page, first["per_page"], first["total"])}
    if first.get("next_start") is None:
        return Response(orjson.dumps(head | {member: first["results"]}), media_type=JSON)
    return StreamingResponse(_streamed(request, asked, page, head, member, first), media_type=JSON)


async def _streamed(
    request: Request, query: Query, page: ListPage, head: Json, member: str, part: Json
) -> AsyncIterator[bytes]:
    yield orjson.dumps(head)[:-1] + b"," + orjson.dumps(member) + b":["
    before = b""
    while True:
        if part["results"]:
            yield before + orjson.dumps(part["results"])[1:-1]
            before = b","
        if part.get("next_start") is None:
            break
        rest = page.model_copy(update={"start": part["next_start"]})
        part = orjson.loads(await answer(request, query.model_copy(update={"page": rest})))
    yield b"]}"


def pagination(page: int, per_page: int, total: int) -> Json:
    pages = max(1, math.ceil(total / per_page))
    return {
        "page": page, "pages": pages, "total": total, "per_page": per_page,
        "next": page + 1 if page < pages else None, "prev": page - 1 if page > 1 else None,
    }  # fmt: skip

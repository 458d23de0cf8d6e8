"""An endpoint is called with what FastAPI would call it with, and refused in the same words."""

import json
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Cookie, Depends, FastAPI, Header, Path, Query
from fastapi.routing import APIRoute
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from gateway.http.dispatch.endpoint_call import endpoint_call

Id = Annotated[int, Path(ge=1, le=99)]


class Thing(BaseModel):
    name: Annotated[str, Field(min_length=2)]
    size: float = 1.0


class Filters(BaseModel):
    limit: Annotated[int, Field(ge=1)] = 10
    names: list[str] = []


class CalledRoute(APIRoute):
    """Called as the routes of the gateway are."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        call = endpoint_call(self)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            response = await call(Request(scope, receive, send))
            await response(scope, receive, send)

        self.app = app


def application(kind: type[APIRoute]) -> httpx.AsyncClient:
    app = FastAPI()
    app.router.route_class = kind

    @app.get("/things/{thing_id}/{kind}", response_model=None)
    async def read(request: Request, thing_id: Id, kind: str, filters: Annotated[Filters, Query()]) -> Response:
        return JSONResponse([request.method, thing_id, kind, filters.model_dump()])

    @app.get("/one", response_model=None)
    async def one(size: int, name: str | None = None) -> Response:
        return JSONResponse([size, name])

    @app.post("/things/{thing_id}", response_model=None)
    async def write(thing_id: Id, body: Thing, dry: bool = False) -> Response:
        return JSONResponse([thing_id, body.model_dump(), dry])

    @app.post("/optional", response_model=None)
    async def optional(body: Thing | None = None) -> Response:
        if body and body.size < 0:
            raise HTTPException(409, "Negative.")
        return JSONResponse(body and body.model_dump())

    @app.get("/header", response_model=None)
    async def header(if_match: Annotated[int, Header()], other: Annotated[str | None, Header()] = None) -> Response:
        return JSONResponse([if_match, other])

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


JSON = {"content-type": "application/json"}
IDS = ["1/a", "0/b", "x/c", "100/%2F", "1.0/e"]
QUERIES = ["limit=2", "limit=0", "limit=x&names=a", "names=a&names=b", "more=1"]
SIZES = ["size=1", "size=", "name=a", "size=1&size=2&name=", ""]
BODIES = [b'{"name":"ab"}', b'{"name":"a"}', b"[]", b"", b'{"size":"x"}', b"{", b'{"name":1}', b"null", b"\xff"]
TYPES = [
    "application/geo+json", "application/json; charset=utf-8", "text/plain", "json", "APPLICATION/JSON", "",
]  # fmt: skip
REQUESTS: list[tuple[str, str, bytes | None, dict[str, str]]] = [
    *(("GET", f"/things/{path}", None, {}) for path in IDS),
    *(("GET", f"/things/1/a?{query}", None, {}) for query in QUERIES),
    *(("GET", f"/one?{query}", None, {}) for query in SIZES),
    *(("POST", f"/things/{path}", body, JSON) for path in ("1", "x?dry=maybe") for body in BODIES),
    *(("POST", "/things/1", b'{"name":"abc"}', {"content-type": kind}) for kind in TYPES),
    ("POST", "/things/1", b'{"name":"abc"}', {}),
    *(("POST", "/optional", body, JSON) for body in (b"", b"null", b'{"name":"ab","size":-1}', b'{"name":2}')),
    *(("GET", "/header", None, headers) for headers in ({"If-Match": "1"}, {"if_match": "1"}, {"If-Match": "x"}, {})),
    ("PUT", "/things/1", b"{}", JSON), ("GET", "/nothing", None, {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "headers"), REQUESTS)
async def test_answers_are_those_of_fastapi(
    method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> None:  # fmt: skip
    async def answer(kind: type[APIRoute]) -> tuple[int, bytes, dict[str, str]]:
        async with application(kind) as client:
            response = await client.request(method, path, content=body, headers=headers)
            return response.status_code, response.content, dict(response.headers)

    assert await answer(CalledRoute) == await answer(APIRoute)


def test_a_route_that_needs_more_is_refused_at_its_declaration() -> None:
    async def depends(value: Annotated[int, Depends(json.loads)]) -> Response: ...

    async def reads_cookie(x: Annotated[str, Cookie()]) -> Response: ...

    def waits() -> Response: ...

    for endpoint in (depends, reads_cookie, waits):
        with pytest.raises(TypeError, match="an endpoint is a coroutine"):
            endpoint_call(APIRoute("/x", endpoint, response_model=None))

"""What all routes of dashboards and channels have in common: errors, deadlines, bodies, slashes."""

import asyncio
from typing import Any

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from test_http_dialects import application_of

from gateway.apis.dashboards.bodies import json_array, json_model, json_object
from gateway.apis.dashboards.dialect import DASHBOARDS
from gateway.http.policy import Policy
from gateway.http.routing import Routes

LIMIT = 1 << 20


class Sized(BaseModel):
    size: int


def with_bodies() -> FastAPI:
    app, routes = application_of(DASHBOARDS), Routes("bodies", DASHBOARDS)

    @routes.post("/objects/", Policy.ANON)
    async def keep_object(request: Request) -> Response:
        return JSONResponse(await json_object(request, LIMIT))

    @routes.post("/arrays", Policy.ANON)
    async def keep_array(request: Request) -> Response:
        return JSONResponse(await json_array(request, LIMIT))

    @routes.post("/models", Policy.ANON)
    async def keep_model(request: Request) -> Response:
        return JSONResponse((await json_model(request, Sized, LIMIT)).model_dump())

    @routes.get("/late", Policy.ANON, deadline=0.01)
    async def too_late(request: Request) -> Response:
        await asyncio.sleep(9)
        return Response()

    routes.register(app.router)
    return app


@pytest_asyncio.fixture
async def api():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(with_bodies()), base_url="http://x/api/v1") as client:
        yield client


JSON = {"content-type": "application/json"}
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("objects", {}, "missing"), ("objects", {"content": b"{}"}, "media_type"),
    ("objects", {"content": b"{}", "headers": {"content-type": "text/plain"}}, "media_type"),
    ("objects", {"content": b"[]", "headers": JSON}, "dict_type"), ("arrays", {"json": {}}, "list_type"),
    ("objects", {"content": b"{", "headers": JSON}, "json_invalid"), ("models", {"json": {}}, "missing"),
    ("objects", {"content": b'{"a": NaN}', "headers": JSON}, "json_invalid"),
    ("objects", {"content": b'{"a": 9223372036854775808}', "headers": JSON}, "int_parsing_size"),
    ("objects", {"content": b'{"a": "\\u0000"}', "headers": JSON}, "value_error"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "sent", "kind"), REFUSED)
async def test_a_body_that_cannot_be_kept_is_422_with_a_list(api, path, sent, kind):
    answer = await api.post(path, **sent)
    (error,) = answer.json()["detail"]
    assert (answer.status_code, error["type"], error["loc"][0]) == (422, kind, "body")
    assert error.keys() == {"type", "loc", "msg"}


async def test_sizes_of_bodies(api):
    fits = b'{"a":"' + b"x" * (LIMIT - 8) + b'"}'
    assert (await api.post("objects", content=fits, headers=JSON)).status_code == 200
    answer = await api.post("objects", content=fits + b" ", headers=JSON)
    assert answer.status_code == 413
    assert str(LIMIT) in answer.json()["detail"]


@pytest.mark.parametrize("path", ["objects", "objects/"])
async def test_both_forms_of_an_address_are_the_same(api, path):
    assert (await api.post(path, json={})).json() == {}


async def test_other_errors_have_a_sentence(api):
    for method, path, status in (
        ("PUT", "objects/", 405), ("GET", "nowhere", 404), ("GET", "things/x", 404), ("GET", "late", 504),
    ):  # fmt: skip
        answer = await api.request(method, path)
        assert (answer.status_code, type(answer.json()["detail"])) == (status, str)
        assert answer.json()["detail"]
    assert "timed out" in answer.json()["detail"]


async def test_unknown_query_parameters_are_ignored(api):
    assert (await api.get("things/1?never=heard")).status_code == 200

"""The index finds the route that a look at all routes finds."""

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gateway.app import application
from gateway.http.dispatch.route_index import IndexedRouter
from gateway.settings import HttpSettings

PATHS = [
    "/api/v1/things/", "/api/v1/things/{key}/", "/api/v1/things/new/", "/api/v1/{rest:path}", "/api/v1/other",
    "/packages", "/packages/{path:path}", "/api/v1/things/{key}/parts/", "/{page:path}",
]  # fmt: skip
ASKED = [
    "/api/v1/things/", "/api/v1/things", "/api/v1/things/7/", "/api/v1/things/new/", "/api/v1/things/a/b",
    "/api/v1/other", "/api/v1/other/", "/api/v1", "/packages", "/packages/a/b/c", "/", "/api//v1/things/",
    "/api/v1/thing", "/api/v1/%7Bkey%7D", "/api/v2/things/", "/api/v1/things/7/parts", "/api/v1/things/7//parts/",
    "/packages/", "/api/v1/things/7/parts//",
]  # fmt: skip


def client(router: type[APIRouter]) -> httpx.AsyncClient:
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.router = router(redirect_slashes=False)
    for number, path in enumerate(PATHS):
        app.router.add_api_route(path, named(path), methods=["GET", "POST"][number % 2 : number % 2 + 1])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")


def named(path: str):
    async def endpoint(request: Request) -> Response:
        return Response(f"{path} {request.scope['path_params']}")

    return endpoint


@pytest.mark.parametrize("path", ASKED)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_the_same_route_answers(method: str, path: str) -> None:
    answers = []
    for router in (APIRouter, IndexedRouter):
        async with client(router) as http:
            answer = await http.request(method, path)
            answers.append((answer.status_code, answer.text, answer.headers.get("allow")))
    assert answers[0] == answers[1]


def test_a_request_looks_at_few_routes() -> None:
    settings = HttpSettings(database_url="postgresql://x/x", frontend_url="http://x", api_base_url="http://x/api/v1")
    router = application(settings).router
    assert isinstance(router, IndexedRouter)
    lists = [routes for by_depth in router._index.values() for routes in by_depth.values()]
    assert max(map(len, lists)) < len(router.routes) / 8

"""Each field of a dialect changes what the routes of its API do, and nothing else; no server is needed."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.shared import Page
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair_v1.dialect import V1, V1_WITH_CODE
from gateway.apis.packages.dialect import PACKAGES
from gateway.http import problems
from gateway.http.dialect import HOUSE, Check, Dialect, Paging
from gateway.http.limits.leases import Allowance
from gateway.http.limits.rates import Rate
from gateway.http.middleware import GatewayMiddleware
from gateway.http.policy import Policy
from gateway.http.queries import page_response
from gateway.http.routing import Routes
from gateway.identity.provider import ANONYMOUS_IDENTITY
from gateway.openapi.document import documented_routes, openapi_document
from gateway.openapi.refusals import refusals
from gateway.settings import Settings


class Body(BaseModel):
    size: int


class Nobody:
    async def authenticate(self, headers: Any, unsafe: bool, client: str):
        return ANONYMOUS_IDENTITY


class Unlimited:
    async def spend(self, scope: str, key: str, rate: Rate, exact: bool = False, cost: int = 1) -> Allowance:
        return Allowance(True, rate, 1, 1)


def application_of(dialect: Dialect) -> FastAPI:
    settings = Settings.model_construct(debug=True, deadline=5.0, max_body=1 << 20, api_base_url="http://x/api/v1")
    routes, cors = Routes("things", dialect), {"allow_origins": []}
    app = FastAPI(
        middleware=[Middleware(GatewayMiddleware, settings=settings, cors=cors)], redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name, openapi_url=None,
    )  # fmt: skip
    app.state.context = SimpleNamespace(settings=settings, provider=Nobody(), limiter=Unlimited())
    problems.register(app)

    @routes.get("/things/{thing_id}", Policy.ANON)
    async def get_thing(request: Request, thing_id: int, wanted: str = "") -> Response:
        return JSONResponse({"id": thing_id})

    @routes.get("/things", Policy.ANON)
    async def list_things(request: Request) -> Response:
        return page_response(request, Page(limit=1, offset=1), 3, ["b"])

    @routes.post("/things", Policy.ANON)
    async def create_thing(request: Request, body: Body) -> Response:
        return JSONResponse(body.model_dump())

    @routes.delete("/things/{thing_id}", Policy.AUTH)
    async def delete_thing(request: Request, thing_id: int) -> Response:
        return Response(status_code=204)

    @routes.get("/slow", Policy.ANON)
    async def wait(request: Request) -> Response:
        await asyncio.sleep(9)
        return Response()

    routes.register(app.router)
    return app


def client(dialect: Dialect) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application_of(dialect), client=("192.0.2.1", 1))
    return httpx.AsyncClient(transport=transport, base_url="http://x/api/v1")


def as_list(errors: Any, path: str) -> dict[str, Any]:
    return {"detail": [{"loc": error["loc"], "msg": error["msg"]} for error in errors]}


OTHER = Dialect(
    "other", invalid_status=422, invalid_body=as_list, unknown_id_status=400, unknown_query_status=400,
    error_body=lambda status, problem: {"status": status, "text": problem["detail"]},
    paging=Paging(limit="take", offset="skip", count="total", next="after", previous="before", results="items"),
    schemes=("cookie",), anonymous_write_status=403, deadline=0.05, deadline_status=504,
    checks=(Check.ADDRESS, Check.CREDENTIALS, Check.QUOTA, Check.BODY),
)  # fmt: skip


def named(value: object) -> str:
    return value.name if isinstance(value, Dialect) else str(value)


@pytest.mark.parametrize(("dialect", "status"), [(FAIR, 400), (V1, 400), (OTHER, 422)], ids=named)
async def test_invalid_body(dialect: Dialect, status: int):
    async with client(dialect) as http:
        answer = await http.post("/things", json={"size": "large"})
    assert answer.status_code == status
    shown = answer.json()["error"]["details"] if dialect is not OTHER else answer.json()["detail"][0]["loc"]
    assert "size" in shown


@pytest.mark.parametrize(("dialect", "status"), [(FAIR, 404), (V1, 404), (OTHER, 400)], ids=named)
async def test_id_that_no_row_has(dialect: Dialect, status: int):
    async with client(dialect) as http:
        assert (await http.get("/things/x")).status_code == status
        assert (await http.get("/things/1")).json() == {"id": 1}


@pytest.mark.parametrize(("dialect", "status"), [(FAIR, 200), (V1, 200), (OTHER, 400)], ids=named)
async def test_unknown_query_parameter(dialect: Dialect, status: int):
    async with client(dialect) as http:
        assert (await http.get("/things/1?wanted=a&other=b")).status_code == status
        assert (await http.get("/things/1?wanted=a")).status_code == 200


@pytest.mark.parametrize("dialect", [FAIR, PACKAGES, OTHER], ids=named)
async def test_nul_in_a_query_is_invalid_input(dialect: Dialect):
    async with client(dialect) as http:
        response = await http.get("/things/1?wanted=%00")
    assert response.status_code == dialect.invalid_status
    assert "NUL" in response.text


async def test_words_of_a_page():
    async with client(FAIR) as http:
        assert (await http.get("/things?a=b&limit=1&offset=1")).json() == {
            "count": 3, "results": ["b"], "next": "http://x/api/v1/things?a=b&limit=1&offset=2",
            "previous": "http://x/api/v1/things?a=b&limit=1",
        }  # fmt: skip
    async with client(OTHER) as http:
        page = (await http.get("/things")).json()
    assert page == {"total": 3, "items": ["b"], "after": "http://x/api/v1/things?take=1&skip=2",
                    "before": "http://x/api/v1/things?take=1"}  # fmt: skip


@pytest.mark.parametrize(("dialect", "status"), [(FAIR, 401), (V1, 403), (OTHER, 403)], ids=named)
async def test_write_without_a_login(dialect: Dialect, status: int):
    async with client(dialect) as http:
        assert (await http.delete("/things/1")).status_code == status


@pytest.mark.parametrize(("dialect", "status"), [(FAIR, 401), (OTHER, 404)], ids=named)
async def test_order_of_checks(dialect: Dialect, status: int):
    async with client(dialect) as http:
        assert (await http.delete("/things/%00")).status_code == status


async def test_deadline_and_its_status():
    async with client(OTHER) as http:
        assert (await http.get("/slow")).status_code == 504


async def test_body_of_errors():
    async with client(V1_WITH_CODE) as http:
        refused = (await http.delete("/things/1")).json()
    assert (refused["code"], refused["message"]) == ("AUTHORIZATION_ERROR", refused["detail"])
    async with client(OTHER) as http:
        assert list((await http.delete("/things/1")).json()) == ["status", "text"]


@pytest.mark.parametrize(("dialect", "schemes"), [(FAIR, 3), (replace(OTHER, deadline_status=503), 1)], ids=named)
def test_document_has_what_the_dialect_says(dialect: Dialect, schemes: int):
    app = application_of(dialect)
    document = openapi_document(app, "http://x/api/v1")
    assert len(document["paths"]["/api/v1/things/{thing_id}"]["delete"]["security"]) == schemes
    refused = {route.name: set(refusals(route)) for route in documented_routes(app)}
    assert {dialect.invalid_status, dialect.deadline_status} <= refused["create_thing"]
    assert dialect.unknown_id_status in refused["get_thing"]


def test_requests_without_a_route_have_the_rules_of_the_house():
    assert Dialect("fair", **{name: value for name, value in vars(HOUSE).items() if name != "name"}) == FAIR

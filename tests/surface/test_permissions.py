"""Every route and method, for each kind of caller, on private and on public rows."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from gateway.apis.fair.dialect import FAIR
from gateway.http.policy import Policy
from gateway.http.policy_route import PolicyRoute
from gateway.http.routing import Routes
from gateway.openapi.refusals import refusals
from stack.bench.system import System
from tests.surface.declared import DECLARED, ROUTES, declared_rows
from tests.surface.expected import Row, expected, visibilities
from tests.surface.named import NAMED
from tests.surface.people import Who, headers
from tests.surface.rows import Rows
from tests.surface.table import ROWS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


CASES = [
    (row, visibility, who)
    for row in DECLARED
    for visibility in visibilities(row, ROUTES[row.route])
    for who in Who
]  # fmt: skip


class Thing(BaseModel):
    name: str


@pytest.fixture(scope="module")
def http(running: System):
    with httpx.Client(base_url=running.url.removesuffix("/api/v1"), timeout=30) as client:
        yield client


def test_each_route_has_its_row():
    assert sorted(row.route for row in DECLARED) == sorted(ROUTES)
    assert len({row.route for row in ROWS}) == len(ROWS)


def test_a_route_without_what_the_tests_need_fails_with_words():
    routes = Routes("things", FAIR)

    @routes.post("/things/{thing_id}/", Policy.OWNER, status=201)
    async def make_thing(request: Request, thing_id: int, body: Thing, day: str) -> Response: ...

    app = FastAPI()
    routes.register(app.router)
    route = next(one for one in app.routes if isinstance(one, PolicyRoute))
    name = "POST /api/v1/things/{thing_id}/"
    with pytest.raises(LookupError) as told:
        declared_rows({name: route}, [Row(name, done=404), Row("GET /api/v1/gone/")])
    lines = str(told.value).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["GET /api/v1/gone/", name, name, name, name]
    wanted = ("no such route", "does not say why", "no example of ?day=", "no example of its body", "a thing_id")
    assert all(words in line for line, words in zip(lines, wanted, strict=True))


def test_document_declares_what_the_table_expects():
    """And no 403 that nobody can get."""
    for row in (row for row in DECLARED if ROUTES[row.route].include_in_schema):
        route = ROUTES[row.route]
        wanted = {expected(row, route, who, visibility) for visibility in visibilities(row, route) for who in Who}
        refused = refusals(route)
        assert wanted <= {*map(int, route.responses), *refused, route.status_code}, row.route
        assert 403 not in refused or 403 in wanted or route.refuses.get(403), row.route


@pytest.mark.spec("1.5", "permission matrix, unseen rows are 404, seen but not owned is 403")
@pytest.mark.spec("9", "login required")
@pytest.mark.spec("22.4", "foreign 403")
@pytest.mark.parametrize(("row", "visibility", "who"), CASES, ids=lambda value: getattr(value, "route", str(value)))
def test_permission(row: Row, visibility: str, who: Who, running: System, rows: Rows, http: httpx.Client):
    made = rows.seen_as(visibility or "public")
    request = _request(row, made) | {"headers": headers(who, running.token)}
    with http.stream(row.method, **request) as response:
        wanted = expected(row, ROUTES[row.route], who, visibility)
        endless = response.headers.get("content-type", "").startswith("text/event-stream")
        text = "" if endless else response.read().decode(errors="replace")[:600]
    assert response.status_code == wanted, text


def _request(row: Row, rows: Rows) -> dict[str, Any]:
    named = {**NAMED, **row.names}
    path, parts = row.path.replace(":path", ""), ROUTES[row.route].param_convertors
    address = path.format(**{part: named[part](rows) for part in parts})
    query = row.query(rows) if callable(row.query) else row.query
    body = row.body(rows) if callable(row.body) else row.body
    return {"url": f"{address}?{query}" if query else address} | ({} if body is None else {"json": body})

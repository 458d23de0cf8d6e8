"""Every route and method, for each kind of caller, on private and on public rows."""

from typing import Any

import httpx
import pytest

from gateway.app import application
from gateway.http.policy_route import PolicyRoute
from gateway.openapi.refusals import refusals
from gateway.settings import HttpSettings
from stack.bench.system import System
from tests.surface.expected import Row, expected, visibilities
from tests.surface.people import Who, headers
from tests.surface.rows import NAMED, Rows
from tests.surface.table import ROWS

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def routes() -> dict[str, PolicyRoute]:
    app = application(HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x"))
    return {f"{method} {route.path}": route for route in app.routes for method in route.methods}  # type: ignore[attr-defined,misc]


ROUTES = routes()
CASES = [
    (row, visibility, who)
    for row in ROWS if row.route in ROUTES
    for visibility in visibilities(row, ROUTES[row.route])
    for who in Who
]  # fmt: skip


@pytest.fixture(scope="module")
def http(running: System):
    with httpx.Client(base_url=running.url.removesuffix("/api/v1"), timeout=30) as client:
        yield client


def test_each_route_has_its_row():
    given = [row.route for row in ROWS]
    assert sorted(set(ROUTES) - set(given)) == [], "routes without a row in tests/surface/table"
    assert sorted(set(given) - set(ROUTES)) == [], "rows without a route"
    assert len(given) == len(set(given))


def test_routes_declare_the_policy_of_their_row():
    loosened = {row.route: (row.policy, ROUTES[row.route].rule.policy) for row in ROWS if row.route in ROUTES}
    assert {route: both for route, both in loosened.items() if both[0] is not both[1]} == {}


def test_document_declares_what_the_table_expects():
    """And no 403 that nobody can get."""
    for row in (row for row in ROWS if ROUTES[row.route].include_in_schema):
        route = ROUTES[row.route]
        wanted = {expected(row, route, who, visibility) for visibility in visibilities(row, route) for who in Who}
        refused = refusals(route)
        assert wanted <= {*map(int, route.responses), *refused, route.status_code}, row.route
        assert 403 not in refused or 403 in wanted or route.refuses.get(403), row.route


def test_what_is_unusual_has_a_reason():
    assert [row.route for row in ROWS if (row.done or row.but) and not row.why] == []


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

"""Every route has a rule, every answer its headers, and the OpenAPI document is the committed one."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from itertools import product
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.routing import Match

from gateway.app import application
from gateway.http.policy import SAFE, Policy, Rule
from gateway.http.policy_route import PolicyRoute
from gateway.openapi.export import document
from gateway.operations import health_checks
from gateway.settings import HttpSettings
from kit.storage.object_storage import Storage

SERVED = "HTTP is served."
OPENAPI = Path(__file__).parents[1] / "openapi.json"
OPEN = {"/api/", "/api/schema/", "/api/docs/", "/api/docs/{part}", "/api/redoc/", "/api/v1/health/",
        "/api/v1/kpi/stats/", "/api/v1/public-predictions/",
        "/api/v1/auth/login/", "/api/v1/auth/logins/", "/api/v1/auth/callback/", "/api/v1/inference/health/",
        "/api/v1/openapi.json", "/api/v1/ui/",
        "/api/v1/public-predictions/centroid/", "/api/v1/public-predictions/{prediction_id}/",
        "/api/v1/public-predictions/{prediction_id}/result/", "/api/v1/schemas/v1.1.0/{kind}/schema.json",
        "/packages", "/packages/{path:path}", "/console", "/console/{path:path}",
        "/api/v1/packages/{boundary_name}/archive.zip", "/api/v1/liveness",
        "/api/v1/readiness", "/api/ogc/processes/", "/api/ogc/processes/conformance", "/api/v1/",
        "/api/v1/version", "/api/v1/linked-dashboards/{token}", "/api/v1/shared-snapshots/{token}",
        "/api/v1/shared-snapshots/{token}/picture"}  # fmt: skip


ANYBODY = {"/api/v1/stars/", "/api/v1/inference/predict/", "/api/v1/jobs/estimate", "/api/v1/dashboard/",
           "/api/v1/dashboard/{dashboard_id}", "/api/v1/dashboard/validate", "/api/v1/dashboard/previews",
           "/api/v1/dashboard/{dashboard_id}/details", "/api/v1/channels/curves",
           "/api/v1/dashboard/{dashboard_id}/versions/{number}/restore",
           "/api/v1/dashboard-snapshots/{snapshot_id}"}  # fmt: skip
"""Where anonymous visitors may send something: a star, a question to a public model, one about a package or about
curves, and dashboards, which belong to whoever knows their id."""
PROTECTED = (Policy.AUTH, Policy.OWNER, Policy.ADMIN, Policy.MAPPINGS)


def unruled(app) -> list[str]:
    return [route.path for route in app.routes if not isinstance(getattr(route, "rule", None), Rule)]


def test_every_route_has_a_rule(running):
    assert unruled(running.app) == []
    routes = [route for route in running.app.routes if isinstance(route, PolicyRoute)]
    assert {route.path for route in routes if route.rule.policy is Policy.OPEN} == OPEN
    changing = [route for route in routes if not route.methods & {"GET", "HEAD"} and route.path not in ANYBODY]
    assert all(route.rule.policy in PROTECTED for route in changing)


def test_route_without_a_rule_is_found(settings: HttpSettings):
    app = application(settings)
    app.get("/api/v1/forgotten/")(lambda: None)
    assert unruled(app) == ["/api/v1/forgotten/"]


def test_route_cannot_be_made_without_a_rule():
    with pytest.raises(TypeError, match="rule"):
        PolicyRoute("/x", lambda: None)


@pytest.mark.spec("1.1", "slash at the end, no slash at the end")
@pytest.mark.spec("1.5", "no credentials is 401")
@pytest.mark.spec("4", "login required")
@pytest.mark.spec("7.4", "anonymous 401")
@pytest.mark.spec("8.2", "runs need login")
async def test_protected_routes_want_a_login(running, http):
    for route in running.app.routes:
        if route.rule.policy in PROTECTED:
            path = route.path.replace("{", "").replace("}", "")
            for method, end in product(route.methods, ("", "/")):
                expected = 401 if method in SAFE else route.dialect.anonymous_write_status
                answer = await http.request(method, path.removesuffix("/") + end)
                assert answer.status_code == expected, (method, path)


def test_slash_at_the_end_is_optional(running):
    for route in running.app.routes:
        path = route.path.replace("{", "").replace("}", "")
        scope = {"type": "http", "method": next(iter(route.methods)), "path": path.rstrip("/"), "root_path": ""}
        assert route.matches(scope)[0] is Match.FULL, path
        assert route.matches(scope | {"path": path})[0] is Match.FULL, path


def test_openapi_is_the_committed_one():
    assert OPENAPI.read_text() == document(), "run `make contracts`"


def test_openapi_names_every_operation_once(running):
    document = running.app.openapi()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    assert document["openapi"].startswith("3.1")


@pytest.mark.spec("16", "GET /api/, GET /api/schema/, GET /api/docs/, GET /api/redoc/")
async def test_documents_are_served(http):
    for path in ("/api/schema/", "/api/docs/", "/api/redoc"):
        assert (await http.get(path)).status_code == 200
    root = (await http.get("/api")).json()
    assert root.pop("app_version") == version("gateway")
    assert root == {"name": "fAIr API", "api_version": "v1", "schema": "/api/schema/", "docs": "/api/docs/"}


async def test_documents_need_no_other_host(http):
    """Every file that the pages load is ours and is there."""
    for page in ("/api/docs/", "/api/redoc/"):
        text = (await http.get(page)).text
        loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
        assert len(loaded) >= 2
        assert not re.search(r"https?://", text)
        for address in loaded:
            answer = await http.get(address)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=86400"
    assert (await http.get("/api/docs/core.py")).status_code == 404


@pytest.mark.spec("16", "OpenAPI info")
@pytest.mark.spec("20.2", "API_BASE_URL")
async def test_document_says_what_it_describes(http):
    document = (await http.get("/api/schema/")).json()
    info = document["info"]
    assert (info["title"], info["description"], info["version"]) == ("fAIr API", "AI-Assisted Mapping", "2.0.0")
    assert info["license"]["name"] == "AGPL-3.0"
    assert document["servers"] == [{"url": "https://fair.example"}], "the paths repeat /api/v1"
    schemes = document["components"]["securitySchemes"]
    bearer = schemes["bearer"]
    assert (bearer["type"], bearer["scheme"], bearer["bearerFormat"]) == ("http", "bearer", "JWT")
    assert {(scheme["in"], scheme["name"]) for name, scheme in schemes.items() if name != "bearer"} == {
        ("cookie", "hanko"), ("header", "access-token"), ("header", "Authentication-Key"),
        ("header", "Authentication-Secret"),
    }  # fmt: skip
    assert [tag["name"] for tag in document["tags"]][:14] == [
        "accounts", "datasets", "aois", "local-models", "trainings", "predictions", "public-predictions", "feedback",
        "banners", "notifications", "workspace", "stars", "user-state", "system",
    ]  # fmt: skip
    paths = document["paths"]
    assert paths["/api/v1/health/"]["get"]["security"] == []
    logins = [{"bearer": []}, {"cookie": []}, {"access-token": []}]
    assert paths["/api/v1/auth/status/"]["get"]["security"] == [{}, *logins]
    assert paths["/api/v1/auth/me/"]["patch"]["security"] == logins


async def test_public_listener_tells_nothing_about_the_inside(http, problem):
    for path in ("/metrics", "/livez", "/readyz"):
        problem(await http.get(path), 404)


@pytest.mark.spec("1.7", "every origin in debug, credentials allowed, request headers, preflight cache")
async def test_pages_of_others_may_ask_with_credentials(http):
    extra = "authorization, content-type, x-csrftoken, x-requested-with"
    asked = {"origin": "https://any.example", "access-control-request-method": "PATCH",
             "access-control-request-headers": extra}  # fmt: skip
    answer = await http.options("/api/v1/aois/", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://any.example"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "86400"
    assert (await http.options("/api/v1/aois/", headers=asked | {
        "access-control-request-headers": "x-anything"})).status_code == 400  # fmt: skip
    plain = await http.get("/api/", headers={"origin": "https://any.example"})
    assert plain.headers["access-control-allow-origin"] == "https://any.example"


async def test_trace_of_the_caller_goes_on(http):
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = await http.get("/api/v1/nothing/", headers={"traceparent": f"00-{trace_id}-00f067aa0ba902b7-01"})
    assert answer.json()["trace_id"] == answer.headers["x-request-id"] == trace_id


class AnsweringServer(BaseHTTPRequestHandler):
    """Answers 404 everywhere but at the bucket and at one collection."""

    def do_HEAD(self) -> None:
        self.send_response(200 if self.path.partition("?")[0] in ("/b", "/collections/datasets") else 404)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_HEAD

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def uncached_health(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question about health asks the servers anew."""
    monkeypatch.setattr(health_checks, "REUSED_FOR", -1.0)


@pytest.fixture
def answering_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), AnsweringServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.spec(
    "16", "s3, stac_api, stac_collections, zenml, mapswipe, any answer is reachable, collections need 2xx"
)
async def test_health_of_servers_that_answer(http, running, answering_server, uncached_health, monkeypatch):
    urls = dict.fromkeys(("stac_url", "zenml_url", "mapswipe_url", "endpoint"), answering_server)
    for name, value in {**urls, "mapswipe": True, "bucket": "b", "access_key": "k", "secret_key": SecretStr("s"),
                        "probe_timeout": 14.0}.items():  # fmt: skip
        monkeypatch.setattr(running.context.settings, name, value)
    monkeypatch.setattr(running.context.health_checks, "storage", Storage(running.context.settings))
    assert (await http.get("/api/v1/health/")).json() == {
        "message": SERVED, "bus": True, "postgresql": True, "s3": True, "stac_api": True, "zenml": True,
        "stac_collections": {"base_models": False, "datasets": True, "local_models": False},
        "mapswipe": {"url": answering_server, "reachable": True},
    }  # fmt: skip


@pytest.mark.spec("20.1", "starts without store and catalogue")
@pytest.mark.spec("16", "unset ones are left out")
@pytest.mark.spec("16", "health always 200, GET /health/, postgresql, s3, stac_api, stac_collections, zenml, mapswipe")
async def test_health_is_always_200(http, running, uncached_health, monkeypatch):
    assert (await http.get("/api/v1/health/")).json() == {"message": SERVED, "bus": True, "postgresql": True}
    nowhere = "http://127.0.0.1:9"
    for name, value in {"stac_url": nowhere, "zenml_url": nowhere, "mapswipe": True, "mapswipe_url": nowhere,
                        "bucket": "b", "endpoint": nowhere}.items():  # fmt: skip
        monkeypatch.setattr(running.context.settings, name, value)
    body = (await http.get("/api/v1/health")).json()
    down = {"base_models": False, "datasets": False, "local_models": False}
    assert body == {
        "message": SERVED, "bus": True, "postgresql": True, "s3": False, "stac_api": False, "stac_collections": down,
        "zenml": False, "mapswipe": {"url": nowhere, "reachable": False},
    }  # fmt: skip
    monkeypatch.setattr(running.context.settings, "mapswipe_url", None)
    assert (await http.get("/api/v1/health/")).json()["mapswipe"] == {"url": None, "reachable": False}

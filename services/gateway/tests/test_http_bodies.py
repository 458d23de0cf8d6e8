"""How large a body may be, by route, and how much one person may send."""

import re
import weakref

import pytest
from test_http_limits import forget

from contracts.catalog.areas import CreateAoi
from contracts.catalog.labels import UploadLabels
from contracts.verdict import Accepted
from gateway.http.limits.rates import Rate
from gateway.http.middleware import BODY, GatewayMiddleware
from gateway.http.policy import SMALL_BODY, Policy

KIB = 1024
JSON = {"content-type": "application/json"}
START = b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[1,3],[2,3],[1,2]]]}'


def padded(size: int) -> bytes:
    return START + b" " * (size - len(START) - 1) + b"}"


async def pieces(body: bytes):
    """Of unknown length."""
    for start in range(0, len(body), 8 * KIB):
        yield body[start : start + 8 * KIB]


def limits(app) -> dict[tuple[str, str], int]:
    """Of routes without a member that may be large, which `test_packages_jobs.py` has."""
    taking = [route for route in app.routes if route.body_field and not route.rule.large]
    routes = [route for route in taking if route.rule.policy is not Policy.MAPPINGS]
    return {
        (method, re.sub("{[^}]*}", "7", route.path)): route.rule.body or 1 << 20
        for route in routes for method in route.methods if route.rule.most is None
    }  # fmt: skip


@pytest.mark.parametrize("chunked", [False, True])
async def test_each_route_has_its_limit(http, running, owners, chief, problem, monkeypatch, chunked):
    send = running.context.bus.send
    monkeypatch.setattr(running.context.bus, "send", lambda *sent: send(*sent[:3], wait=0.05))  # owners are silent
    found = limits(running.app)
    assert {*found.values()} == {SMALL_BODY, 1 << 20}
    for (method, path), most in found.items():
        body = padded(most + 1)
        answer = await http.request(method, path, content=pieces(body) if chunked else body, headers=chief | JSON)
        assert f"{most} bytes" in problem(answer, 413)["detail"], (method, path)
        if most == SMALL_BODY:
            answer = await http.request(method, path, content=padded(most), headers=chief | JSON)
            assert answer.status_code != 413, (method, path)


async def test_a_geometry_may_be_large(http, owners, mapper):
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    answer = await http.post("/api/v1/aois/", content=padded(1 << 20), headers=mapper | JSON)
    assert answer.status_code == 201


@pytest.mark.parametrize("chunked", [False, True])
async def test_one_person_sends_so_many_bytes(
    http, running, owners, mapper, stranger, problem, monkeypatch, chunked
):  # fmt: skip
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    monkeypatch.setattr(running.context.settings, "byte_rate", Rate(100 * KIB, 86_400))
    await forget(running, "bytes")

    async def post(size: int, who: dict[str, str]):
        content = pieces(padded(size)) if chunked else padded(size)
        return await http.post("/api/v1/aois/", content=content, headers=who | JSON)

    assert (await post(60 * KIB, mapper)).status_code == 201
    refused = await post(60 * KIB, mapper)
    assert "Try again in" in problem(refused, 429)["detail"]
    assert int(refused.headers["retry-after"]) > 0
    assert (await post(30 * KIB, mapper)).status_code == 201, "what is left"
    assert (await post(KIB - 1, mapper)).status_code == 201, "small bodies are not counted"
    assert (await post(60 * KIB, stranger)).status_code == 201
    await forget(running, "bytes")


@pytest.mark.parametrize("chunked", [False, True])
async def test_uploads_are_counted_too(http, running, owners, mapper, problem, monkeypatch, chunked):
    owners.judge(UploadLabels, Accepted(result={}, http=202))
    monkeypatch.setattr(running.context.settings, "byte_rate", Rate(100 * KIB, 86_400))
    await forget(running, "bytes")
    body = b'{"type":"FeatureCollection","features":[' + padded(150 * KIB) + b"]}"
    content = pieces(body) if chunked else body
    problem(await http.post("/api/v1/labels/upload/7/", content=content, headers=mapper | JSON), 429)
    assert not owners.heard
    await forget(running, "bytes")


class Connection:
    """Keeps the scope of its request, as uvicorn's does."""

    def __init__(self, scope: dict) -> None:
        self.scope = scope

    async def receive(self) -> dict:
        return {"type": "http.request"}


async def test_finished_write_is_freed_without_garbage_collection(settings):
    freed = []

    async def app(scope, receive, send) -> None:
        weakref.finalize(scope[BODY], freed.append, scope["path"])

    scope = {"type": "http", "method": "POST", "path": "/api/v1/aois/", "headers": []}
    middleware = GatewayMiddleware(app, settings.model_copy(update={"debug": True}), {})
    await middleware(scope, Connection(scope).receive, app)
    assert freed == ["/api/v1/aois/"]

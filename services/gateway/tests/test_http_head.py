"""HEAD wherever GET is: the same status and headers, no body."""

import pytest

from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.verdict import Kind, Refused
from gateway.http.policy_route import PolicyRoute

VARYING = {"date", "x-request-id", "ratelimit-remaining", "ratelimit-reset"}
EVERYBODYS = (
    "/api/v1/health/", "/api/v1/inference/health/", "/api/schema/", "/api/docs/swagger-ui.css",
    "/api/v1/schemas/v1.1.0/dataset/schema.json", "/api/v1/datasets/", "/api/v1/datasets/7/", "/api/v1/dataset/7/",
)  # fmt: skip


def headers(answer) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in VARYING}


@pytest.mark.parametrize("path", EVERYBODYS)
async def test_head_is_get_without_the_body(http, owners, path: str):
    owners.answer(ListDatasets, {"count": 0, "results": []})
    owners.answer(GetDataset, Refused(kind=Kind.NOT_FOUND, code="dataset_not_found"))
    get, head = await http.get(path), await http.head(path)
    assert head.status_code == get.status_code
    assert head.content == b"" or get.status_code >= 400
    if get.status_code < 400:
        assert int(head.headers["content-length"]) == len(get.content)
    assert headers(head) == headers(get)


async def test_every_get_takes_head_and_nothing_else_does(running):
    for route in (route for route in running.app.routes if isinstance(route, PolicyRoute)):
        path = route.path_format.replace("{", "").replace("}", "")
        scope = {"type": "http", "method": "HEAD", "path": path, "headers": [], "root_path": "", "query_string": b""}
        taken = route.matches(scope)[0].name
        if "GET" in route.methods:
            assert taken != "PARTIAL", route.path


async def test_head_needs_the_login_that_get_needs(http):
    assert (await http.head("/api/v1/workspace/")).status_code == 401


async def test_head_of_an_event_stream_ends(http, owners, mapper):
    answer = await http.head("/api/v1/events", headers=mapper, timeout=10)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")


async def test_head_where_only_post_is_is_405(http):
    assert (await http.head("/api/v1/datasets/build/")).status_code in (404, 405, 422)

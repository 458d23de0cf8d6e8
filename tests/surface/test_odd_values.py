"""Values that no database or bus can hold, in every parameter of every operation: refused, never a failure of ours."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
import pytest

from gateway.app import application
from gateway.settings import HttpSettings
from stack.bench.system import System
from tests.surface.people import Who, headers

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
ODD = {
    "NUL": "%00", "NUL inside": "a%00b", "beyond 64 bits": str(2**63), "beyond 128 bits": "9" * 39,
    "below 64 bits": str(-(2**63) - 1), "endless": "9" * 5000, "superscript": "%C2%B2", "half a pair": "%ED%A0%80",
    "no UTF-8": "%ff",
}  # fmt: skip
UNDECLARED = {
    path: [f"{name}{end}" for name in ("id", "created_at", "source_imagery") for end in ("", "__gte")]
    for path in ("/api/v1/dataset/", "/api/v1/model/", "/api/v1/training/", "/api/v1/prediction/")
}
"""Ranges that lists of v1 take."""
STREAM = "/api/v1/events/"


def document() -> dict[str, Any]:
    app = application(HttpSettings.model_construct(api_base_url="http://x/api/v1", frontend_url="http://x"))
    return app.openapi()


@cache
def addresses() -> list[tuple[str, str]]:
    """Methods, and addresses with a place for the value."""
    return list(_addresses())


def _addresses() -> Iterator[tuple[str, str]]:
    described = document()
    shared = described["components"]["parameters"]
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            given = [shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                     for one in operation.get("parameters", ())]  # fmt: skip
            named = [(one["in"], one["name"]) for one in given]
            for place, name in named + [("query", name) for name in UNDECLARED.get(path, ()) if method == "get"]:
                filled = path.replace(f"{{{name}}}", "{}") if place == "path" else f"{path}?{name}={{}}"
                if place in ("path", "query"):
                    yield method.upper(), re.sub(r"\{\w+\}", "1", filled)


@pytest.fixture(scope="module")
def http(running: System) -> Iterator[httpx.Client]:
    base = running.url.removesuffix("/api/v1")
    with httpx.Client(base_url=base, timeout=30, headers=headers(Who.ADMIN, running.token)) as client:
        yield client


@pytest.mark.parametrize("odd", ODD)
def test_odd_values_are_refused(http: httpx.Client, odd: str):
    failed, asked = {}, 0
    for method, address in addresses():
        if method in ("GET", "HEAD", "DELETE") and not address.startswith(STREAM):
            answer = http.request(method, address.format(ODD[odd]))
            asked += 1
            if answer.status_code >= 500 and not _is_away(answer):
                failed[f"{method} {address}"] = answer.text
    assert asked > 150
    assert not failed


def _is_away(answer: httpx.Response) -> bool:
    """Of pipelines, which are not here."""
    return answer.status_code == 503 and "zenml" in answer.text.lower()


@pytest.mark.parametrize("odd", ["²", "9" * 20, "9" * 5000, "-1", "1.5", "1e3", "one"])
def test_odd_places_in_the_stream_of_events_are_refused(http: httpx.Client, odd: str):
    answer = http.get(STREAM, headers={"last-event-id": odd.encode()})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("place", ["0", "9" * 18])
def test_places_that_are_gone_are_loaded_anew(http: httpx.Client, place: str):
    with http.stream("GET", STREAM, headers={"last-event-id": place}) as answer:
        assert answer.status_code == 200

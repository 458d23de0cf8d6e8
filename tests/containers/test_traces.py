"""Traces that the containers export over OTLP."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import pytest

from contracts.base import Query
from kit.errors import DomainError
from kit.testing import ADMIN, Caller, eventually, example
from tests.chart.rendering import ROOMS
from tests.containers.conftest import SETTINGS
from tests.containers.pods import Pod
from tests.containers.servers import Servers
from tests.contracts.rooms import services

pytestmark = [pytest.mark.live, pytest.mark.timeout(2400)]
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACED = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
PUBLIC = 8000
HOPS = {"gateway", "notify", "catalog"}
"""Those that hear of a user who has changed."""


@pytest.fixture
def gateway(pods: dict[str, Pod]) -> httpx.Client:
    headers = {"Authorization": f"Bearer {SETTINGS['FAIR_DEV_TOKEN']}", "X-Dev-User": "90:traced", **TRACED}
    base = f"{pods['gateway'].address(PUBLIC)}/api/v1"
    return httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False, follow_redirects=True)


def spans(servers: Servers, **query: str) -> list[dict[str, Any]]:
    return httpx.get(f"http://{servers.outside['otlp']}/spans", params=query, timeout=30, trust_env=False).json()


async def test_one_trace_goes_from_the_request_to_the_last_consumer(gateway: httpx.Client, servers: Servers) -> None:
    (await asyncio.to_thread(gateway.patch, "/auth/me/", json={"email": "traced@example.org"})).raise_for_status()

    def whole() -> bool:
        """Each process sends its spans some seconds later, and the gateway has several processes."""
        found = spans(servers, trace_id=TRACE)
        names, known = {one["name"] for one in found}, {one["span_id"] for one in found} | {CALLER}
        return (
            {one["service"] for one in found} >= HOPS
            and "process evt.gateway.v1.user_changed" in names
            and any(name.startswith("send cmd.gateway") for name in names)
            and all(one["parent_span_id"] in known for one in found)
        )

    await eventually(lambda: asyncio.to_thread(whole), 60)


async def test_a_question_that_a_worker_answers_is_in_the_trace_of_its_caller(
    gateway: httpx.Client, servers: Servers
) -> None:  # fmt: skip
    asked = {"channel_name": "traced/none", "begin_time": 1, "end_time": 2}
    (await asyncio.to_thread(gateway.get, "/channels/picture", params=asked)).raise_for_status()
    name = "process qry.notify.v1.draw_channels"

    def both() -> list[dict[str, Any]]:
        found = [one for one in spans(servers, trace_id=TRACE) if one["name"] == name]
        return found if len(found) == 2 else []

    found = await eventually(lambda: asyncio.to_thread(both), 60)
    ids = {one["span_id"] for one in found}
    assert [one["parent_span_id"] in ids for one in sorted(found, key=lambda one: one["start"])] == [False, True]


async def test_every_service_exports_its_spans(caller: Caller, servers: Servers) -> None:
    for room in ROOMS:
        query = next(route.message for route in services()[room].routes if issubclass(route.message, Query))
        with suppress(DomainError):  # a refusal is an answer
            await caller.ask(example(query), ADMIN)
    await eventually(lambda: {one["service"] for one in spans(servers)} == set(ROOMS), 60)


def test_an_error_names_the_trace_of_its_request(gateway: httpx.Client) -> None:
    answer = gateway.get("/predictions/999999999/")
    assert (answer.status_code, answer.json()["trace_id"]) == (404, TRACE)

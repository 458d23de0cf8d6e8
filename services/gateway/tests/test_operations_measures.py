"""What /metrics of the gateway says: of the whole deployment, and of the requests it answers."""

import re
from uuid import uuid4

import httpx
import nats
import pytest
from test_operations_dead_letters import bury

from contracts.catalog.areas import GetAoi
from contracts.streams import COMMANDS, STREAMS
from contracts.verdict import Kind, Refused
from gateway.operations import cluster_metrics
from kit.testing import eventually


@pytest.fixture
async def measured(running):
    """The samples of the internal listener, by name with labels as Prometheus writes them."""

    async def read() -> dict[str, float]:
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"http://127.0.0.1:{running.settings.http_port}/metrics")).text
        return {name: float(value) for name, value in re.findall(r"^(fairway_\S+) (\S+)$", text, re.MULTILINE)}

    return read


async def test_streams_tell_how_full_they_are(running, caller, measured):
    await cluster_metrics.streams(running)
    before = await measured()
    for stream in STREAMS:
        assert before[f'fairway_stream_limit_bytes{{stream="{stream.name}"}}'] == stream.max_bytes
    await caller.bus.js.publish("cmd.nobody.v1.fill.x", bytes(100_000))
    await cluster_metrics.streams(running)
    name = f'fairway_stream_bytes{{stream="{COMMANDS.name}"}}'
    assert (await measured())[name] >= before[name] + 100_000


async def test_stream_without_limit_is_never_full(running, caller, measured):
    js = caller.bus.js
    await js.update_stream((await js.stream_info("JOBS")).config, max_bytes=-1)
    await cluster_metrics.streams(running)
    assert (await measured())['fairway_stream_limit_bytes{stream="JOBS"}'] == float("inf")
    await js.update_stream((await js.stream_info("JOBS")).config, max_bytes=256 << 20)


async def test_gateway_measures_by_itself(start):
    with start() as (_, internal, _):

        async def told() -> bool:
            async with httpx.AsyncClient(trust_env=False) as client:
                try:
                    text = (await client.get(f"{internal}/metrics")).text
                except httpx.TransportError:
                    return False
            return 'fairway_stream_bytes{stream="DEAD"}' in text and "fairway_dead_letters_open" in text

        await eventually(told, 60)


async def test_requests_are_counted_by_route(http, mapper, owners, measured):
    """Not by what was asked for: addresses and methods are the caller's, and there is no end of them."""
    owners.answer(GetAoi, Refused(kind=Kind.NOT_FOUND, code="aoi_not_found", detail=""))
    before = await measured()
    for number in (901, 902):
        assert (await http.get(f"/api/v1/aois/{number}/", headers=mapper)).status_code == 404
    await http.get("/api/v1/aois/901/")
    await http.get("/api/nowhere/at/all")
    await http.request("PURGE", "/api/v1/aois/")
    after = await measured()
    one, none = 'method="GET",route="/api/v1/aois/{aoi_id}/"', 'method="GET",route="none"'
    assert grown(f'fairway_http_requests_total{{{one},status="4xx"}}', before, after) == 3
    assert grown(f"fairway_http_seconds_count{{{one}}}", before, after) == 3
    assert grown(f'fairway_http_requests_total{{{none},status="4xx"}}', before, after) == 1
    assert not [name for name in after if "PURGE" in name or "901" in name or "nowhere" in name]
    assert [name for name in after if 'method="other",route="/api/v1/aois/",status="4xx"' in name]


def grown(name: str, before: dict[str, float], after: dict[str, float]) -> float:
    return after[name] - before.get(name, 0)


async def test_open_dead_letters_are_counted(running, nats_url, measured, sql):
    connection = await nats.connect(nats_url)
    await cluster_metrics.letters(running)
    before = (await measured())["fairway_dead_letters_open"]
    await bury(connection, 910_001, reason := f"counted {uuid4()}")
    await eventually(lambda: sql("select 1 from dead_letters where reason = %s", reason))
    await cluster_metrics.letters(running)
    assert (await measured())["fairway_dead_letters_open"] == before + 1
    sql("update dead_letters set state = 'discarded' where reason = %s", reason)
    await cluster_metrics.letters(running)
    assert (await measured())["fairway_dead_letters_open"] == before
    await connection.close()

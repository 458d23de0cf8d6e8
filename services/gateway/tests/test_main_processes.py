"""The gateway as processes of its own: workers, shutdown, and what it says while bus or database are away."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from contracts.catalog.areas import CreateAoi
from contracts.verdict import Accepted
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from gateway.main import build
from kit.testing import eventually

NOWHERE = "127.0.0.1:9"


def children(pid: int) -> set[int]:
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


async def answers(http: httpx.AsyncClient, url: str, status: int) -> bool:
    try:
        return (await http.get(url)).status_code == status
    except httpx.HTTPError:
        return False


async def test_gateway_that_stages_no_body_opens_no_object_store(settings):
    """It would take 20 MB for good, ten minutes after the start."""
    service = build(settings.model_copy(update={"bucket": "fairway", "endpoint": f"http://{NOWHERE}"}))
    await service._sweep()
    assert service.storage
    assert not service.storage.is_open


async def test_workers_are_started_again_and_stop_together(start, mapper):
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        with start(GATEWAY_WORKERS="2") as (public, internal, pid):
            await eventually(lambda: answers(http, f"{internal}/readyz", 200), 60)
            before = await eventually(lambda: len(found := children(pid)) == 2 and found)
            os.kill(min(before), signal.SIGKILL)
            after = await eventually(lambda: len(found := children(pid)) == 2 and found != before and found, 30)
            assert max(before) in after
            await eventually(lambda: answers(http, f"{public}/api/", 200), 30)  # 503 while the new one starts
            assert "fairway_sse_clients" in (await http.get(f"{internal}/metrics")).text
            await stream_ends_at_shutdown(http, public, pid, mapper)
            await eventually(lambda: not any(Path(f"/proc/{worker}").exists() for worker in after))


async def test_killed_workers_are_measured_no_more(start, mapper):
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        with start(GATEWAY_WORKERS="2") as (public, internal, pid):

            async def clients(count: int) -> bool:
                text = (await http.get(f"{internal}/metrics")).text
                assert 'pid="' not in text, "the gauges of each worker, dead ones too"
                return f"fairway_sse_clients {count}.0" in text

            await eventually(lambda: answers(http, f"{internal}/readyz", 200), 60)
            before = await eventually(lambda: len(found := children(pid)) == 2 and found)
            async with http.stream("GET", f"{public}/api/v1/events/", headers=mapper) as response:
                pieces = response.aiter_text()
                await anext(pieces)
                await eventually(lambda: clients(1), 60)
                for worker in before:
                    os.kill(worker, signal.SIGKILL)
                await eventually(lambda: len(found := children(pid)) == 2 and not found & before, 30)
                await eventually(lambda: answers(http, f"{internal}/readyz", 200), 60)
                assert await clients(0)


async def stream_ends_at_shutdown(http: httpx.AsyncClient, public: str, pid: int, mapper: dict[str, str]) -> None:
    async with http.stream("GET", f"{public}/api/v1/events/", headers=mapper) as response:
        pieces = response.aiter_text()
        assert (await anext(pieces)).startswith("retry: ")
        os.kill(pid, signal.SIGTERM)
        asked = time.monotonic()
        async with asyncio.timeout(10):
            async for _ in pieces:
                pass
        assert time.monotonic() - asked < 2


async def test_request_under_way_is_answered_while_the_gateway_ends(start, mapper, owners):
    """Its body is complete only when the gateway is not ready any more."""
    owners.judge(CreateAoi, Accepted(result={"id": 1}, http=201))
    body, begun, ending = json.dumps(AOI).encode(), asyncio.Event(), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield body[:10]
        begun.set()
        await ending.wait()
        yield body[10:]

    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        with start() as (public, internal, pid):
            await eventually(lambda: answers(http, f"{internal}/readyz", 200), 60)
            headers = mapper | {"content-type": "application/json"}
            post = asyncio.create_task(http.post(f"{public}/api/v1/aois/", content=slowly(), headers=headers))
            await asyncio.wait_for(begun.wait(), 10)
            os.kill(pid, signal.SIGTERM)
            await eventually(lambda: answers(http, f"{internal}/readyz", 503), 10)
            ending.set()
            assert (await post).status_code == 201


async def test_bus_away_at_boot(start, mapper, problem):
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        with start(NATS__URL=f"nats://{NOWHERE}") as (public, internal, _):
            await eventually(lambda: answers(http, f"{public}/api/", 200), 60)
            response = await http.post(f"{public}/api/v1/aois/", json=AOI, headers=mapper)
            problem(response, 503)
            assert response.headers["retry-after"]
            problem(await http.get(f"{public}/api/v1/datasets/"), 503)
            problem(await http.get(f"{public}/api/v1/events/", headers=mapper), 503)
            assert await answers(http, f"{internal}/livez", 200)
            assert await answers(http, f"{internal}/readyz", 503)


async def test_database_away_at_boot(start, mapper, problem):
    async with httpx.AsyncClient(trust_env=False, timeout=15) as http:
        with start(DATABASE_URL=f"postgresql://u:p@{NOWHERE}/x") as (public, _, _):
            await eventually(lambda: answers(http, f"{public}/api/v1/health/", 200), 60)
            assert (await http.get(f"{public}/api/v1/health/")).json()["postgresql"] is False
            problem(await http.post(f"{public}/api/v1/aois/", json=AOI, headers=mapper), 503)


async def test_port_that_is_taken_is_said(running):
    public = running.settings.public_port
    environment = os.environ | {"PUBLIC__PORT": str(public), "HTTP__PORT": "0"}
    run = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "gateway"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 1
    assert run.stderr.startswith(f"gateway: cannot listen on 127.0.0.1:{public}")
    assert "Address already in use" in run.stderr


async def test_administrators_are_made_by_command_line(http, dev_token):
    person = {"authorization": f"Bearer {dev_token}", "x-dev-user": "4711:boss"}
    grant = [sys.executable, "-m", "gateway.grant_admin", "4711", "boss"]
    await asyncio.to_thread(subprocess.run, grant, check=True, timeout=60)
    assert (await http.get("/api/v1/dead-letters/", headers=person)).status_code == 200
    assert (await http.get("/api/v1/auth/me/", headers=person)).json()["username"] == "boss"

"""The disk of NATS, and that of a database, full while people write: refused in words, and good again soon."""

import asyncio
import time
from contextlib import AbstractContextManager, suppress

import httpx
import pytest

from stack.small_disk import SmallDisk
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.e2e.faults import until
from tests.e2e.load import Load
from tests.soak.disks import bus_on_small_disk, database_on_small_disk

pytestmark = pytest.mark.live
AGAIN = 30.0
"""Seconds from the moment that there is space to the first good write."""
FULL_FOR = 20.0
RATE = 20.0
RING = [[0, 0], [0.001, 0], [0.001, 0.001], [0, 0.001], [0, 0]]
AREA = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [RING]}, "properties": {}}


async def test_writes_are_good_soon_after_the_disk_of_the_bus_was_full(platform: Platform):
    await _survived(platform, bus_on_small_disk(platform))


async def test_writes_are_good_soon_after_the_disk_of_a_database_was_full(platform: Platform):
    await _survived(platform, database_on_small_disk(platform, "catalog"))


async def _survived(platform: Platform, place: AbstractContextManager[SmallDisk]) -> None:
    invariants.known_base_model(platform)
    load, event = Load(platform.url, platform.token, rate=RATE), await invariants.last_event(platform)
    with place as disk:
        clients = asyncio.create_task(load.run())
        await _answered(load, 20)
        disk.fill()
        print("refused:", await _refusal(platform))
        await asyncio.sleep(FULL_FOR)
        disk.empty()
        started, answered = time.monotonic(), _good(load)
        await until(lambda: _good(load) > answered, AGAIN)
        print(f"good {time.monotonic() - started:.1f} s after there was space")
        await _answered(load, 40)
        load.stopped = True
        await asyncio.wait_for(clients, 60)
        await until(lambda: not invariants.backlog(platform, load), AGAIN, lambda: invariants.backlog(platform, load))
        await invariants.check(platform, load, event)


def _good(load: Load) -> int:
    return sum(write.done for write in load.writes)


async def _answered(load: Load, number: int) -> None:
    goal = _good(load) + number
    await until(lambda: _good(load) >= goal, 120)


async def _refusal(platform: Platform) -> str:
    """What a write is told once nothing can be stored: small ones may find a place for a while."""
    headers = {"Authorization": f"Bearer {platform.token}"}
    async with httpx.AsyncClient(base_url=platform.url, headers=headers, timeout=10) as http, asyncio.timeout(120):
        while True:
            with suppress(httpx.TransportError):
                answer = await http.post("/aois/", json=AREA)
                if answer.status_code in (503, 507):
                    assert answer.headers["retry-after"]
                    return answer.json()["detail"]
                assert answer.status_code in (201, 429), answer.text

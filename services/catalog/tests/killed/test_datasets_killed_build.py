"""kill -9 of a worker in the middle of a build: the next one carries on."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from catalog.datasets.tables import DatasetRow
from kit.storage.object_storage import Storage
from kit.testing import eventually, free_port


class SlowTiles:
    """The pictures of the shared folder, each after a while; counts who was asked for."""

    def __init__(self, folder: Any) -> None:
        self.folder, self.port = folder, free_port()
        self.asked: Counter[str] = Counter()
        self.pause = 0.5

    async def tile(self, request: Request) -> Response:
        name = "{x}-{y}".format(**request.path_params)
        self.asked[name] += 1
        await asyncio.sleep(self.pause)
        return FileResponse(self.folder / "tiles" / "19" / "{x}/{y}.png".format(**request.path_params))

    @property
    def template(self) -> str:
        return f"http://127.0.0.1:{self.port}/{{z}}/{{x}}/{{y}}.png"


@pytest.fixture
async def slow(served, tiles) -> AsyncIterator[SlowTiles]:
    ours = SlowTiles(served)
    routes = [Route("/{z}/{x}/{y}.png", ours.tile)]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), port=ours.port, log_level="warning"))
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield ours
    server.should_exit = True
    await task


async def worker(slow: SlowTiles) -> asyncio.subprocess.Process:
    allow = f"{os.environ['OUTBOUND_ALLOW_IMAGERY']},127.0.0.1:{slow.port}"
    env = {**os.environ, "OUTBOUND_ALLOW_IMAGERY": allow, "HTTP__PORT": "0"}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", "catalog", "worker", env=env)


async def point_to(running, dataset_id: int, template: str) -> None:
    """The public rules refuse this server, so the stored request is changed instead."""
    async with running.db.session() as session, session.begin():
        row = await session.get(DatasetRow, dataset_id)
        row.request = row.request | {"source_imagery": template}


@pytest.mark.timeout(300)
async def test_killed_build_is_continued_without_asking_for_the_same_tiles(running, stac, builder, slow):
    storage = next(adapter for adapter in running.provides if isinstance(adapter, Storage))
    row = await builder.ask()
    await point_to(running, row["id"], slow.template)
    folder = f"datasets/{row['stac_id']}/chips/"

    async def half_done() -> bool:
        return len(await storage.keys(folder)) >= 8

    first = await worker(slow)
    await eventually(half_done, 60)
    first.send_signal(signal.SIGKILL)
    await first.wait()
    stored = {key.rpartition("/")[2].removesuffix(".tif").split("-", 1)[1] for key in await storage.keys(folder)}
    before, slow.pause = Counter(slow.asked), 0.0

    second = await worker(slow)
    try:
        built = await builder.ended(row["id"], 120)
    finally:
        second.terminate()
        await second.wait()
    assert (built["status"], built["error"]) == ("built", "")
    assert len(await storage.keys(folder)) == 32 > len(stored) >= 8
    again = {name for name in slow.asked if slow.asked[name] > before[name]}
    assert not again & {name.removesuffix("-19") for name in stored}

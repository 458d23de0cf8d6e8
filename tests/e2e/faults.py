"""A steady load of writes with a history, and a supervisor that starts again what ended, as a cluster would."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

import httpx

from stack.home import Env, Home
from stack.platform import run
from stack.processes import Daemon, NotReady

STEP = 1e-4
"""Degrees between the areas of two commands, so that each row can be traced to its command."""


@dataclass
class Write:
    """One write of one client: `key` is its Idempotency-Key, `west` marks the row of its area."""

    path: str
    body: dict
    west: float
    key: str = field(default_factory=lambda: str(uuid4()))
    tries: int = 0
    status: int = 0
    command: str | None = None
    """Where the verdict is told of a write that nobody had judged yet."""
    row: int | None = None
    """Of a new area."""


@dataclass
class Load:
    """Clients that never give up: what got no answer is sent again under the same key."""

    url: str
    token: str
    writes: list[Write] = field(default_factory=list)
    """Areas, commands that expire."""
    uploads: list[Write] = field(default_factory=list)
    """A label for each area whose id its client was told: commands that are judged however late."""
    stopped: bool = False
    numbers: "count[int]" = field(default_factory=count)
    south: float = field(default_factory=lambda: round(random.uniform(-60, 60), 6))
    """Latitude of all areas of this load, so that rows of others are not counted."""

    async def run(self, clients: int, pause: float) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=self.url, headers=headers, timeout=8) as http:
            await asyncio.gather(*(self._client(http, pause) for _ in range(clients)))

    async def _client(self, http: httpx.AsyncClient, pause: float) -> None:
        while not self.stopped:
            west = round(10 + next(self.numbers) * STEP, 6)
            write = Write("/aois/", _area(west, self.south), west)
            self.writes.append(write)
            await self._insist(http, write)
            if write.row is not None:
                label = {"type": "FeatureCollection", "features": [_area(west, self.south)]}
                self.uploads.append(Write(f"/labels/upload/{write.row}/", label, west, row=write.row))
                await self._insist(http, self.uploads[-1])
            await asyncio.sleep(pause)

    async def _insist(self, http: httpx.AsyncClient, write: Write) -> None:
        while write.status not in (201, 202):
            write.tries += 1
            with suppress(httpx.TransportError):
                response = await http.post(write.path, json=write.body, headers={"Idempotency-Key": write.key})
                write.status = response.status_code
                assert write.status in (201, 202, 429, 503), response.text
                write.command = response.headers.get("location")
                if write.status == 201:
                    write.row = response.json()["properties"]["id"]
            if write.status not in (201, 202):
                await asyncio.sleep(0.3)


def _area(west: float, south: float) -> dict:
    east, north = west + STEP / 2, south + STEP / 2
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}}


@dataclass
class Supervisor:
    """Starts a daemon again when it has ended, as a cluster would."""

    home: Home
    env: Env
    daemons: dict[str, Daemon]
    restarts: int = 0
    stopped: bool = False
    hands: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever stops or starts."""

    async def run(self) -> None:
        while not self.stopped:
            async with self.hands:
                for room, daemon in self.daemons.items():
                    if daemon.pid is None:
                        await asyncio.to_thread(self._again, room, daemon)
            await asyncio.sleep(0.3)

    def _again(self, room: str, daemon: Daemon) -> None:
        """A service that refuses to start misses a durable; a point that has killed is disarmed."""
        daemon.env = {**daemon.env, "FAIRWAY_FAILPOINTS": ""}
        try:
            daemon.start()
        except NotReady:
            with suppress(Exception):
                run.prepare(self.home, self.env, room)
            return
        self.restarts += 1

    async def armed(self, room: str, failpoint: str) -> None:
        """Starts a service anew so that it kills itself once at a named point."""
        daemon = self.daemons[room]
        before = self.restarts
        async with self.hands:
            await asyncio.to_thread(daemon.stop)
            daemon.env = {**daemon.env, "FAIRWAY_FAILPOINTS": failpoint}
            with suppress(NotReady):  # it may have killed itself already
                await asyncio.to_thread(daemon.start)
        await until(lambda: self.restarts > before, 60)


@asynccontextmanager
async def background(*jobs: object) -> AsyncIterator[None]:
    """Runs what has `run` and `stopped` beside the block."""
    tasks = [asyncio.create_task(job) for job in jobs]  # type: ignore[arg-type]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(check: Callable[[], object], limit: float) -> float:
    """Seconds until `check` was true; AssertionError after the limit."""
    started = time.monotonic()
    while not await asyncio.to_thread(check):
        assert time.monotonic() - started < limit, "did not come true in time"
        await asyncio.sleep(0.2)
    return time.monotonic() - started

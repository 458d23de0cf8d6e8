"""Samples survive kill -9 of their recorder, of PostgreSQL and of NATS: none is lost, none is doubled, and of two
values the later one stays."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import nats
import orjson
import psycopg
import pytest
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from contracts.notify.samples import SUBJECT
from tests.e2e.conftest import Platform
from tests.e2e.faults import Supervisor, background, server_killed, until
from tests.e2e.under_load import supervisor

__all__ = ["supervisor"]
pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
T0 = 1_700_000_000_000_000_000
SIZE, PAUSE = 50, 0.02
RECORDED = 60.0
"""Seconds after a fault until everything that was said is stored."""
ROWS = (
    "select ts, number from channels.channel_sample join channels.channel_series s on s.id = series_id where name = %s"
)


@dataclass
class Talker:
    """Says `SIZE` samples each time, and anew the first of those before with another value. Repeats what the bus did
    not acknowledge."""

    url: str
    name: str
    said: dict[int, float] = field(default_factory=dict)
    stopped: bool = False

    async def run(self) -> None:
        connection = await nats.connect(self.url, max_reconnect_attempts=-1, reconnect_time_wait=0.2)
        js, first = connection.jetstream(timeout=2), 0
        while not self.stopped:
            body = {T0 + number: float(number) for number in range(first, first + SIZE)}
            if first:
                body[T0 + first - SIZE] = first - SIZE + 0.5
            await self._stored(js, body)
            self.said |= body
            first += SIZE
            await asyncio.sleep(PAUSE)
        await connection.close()

    async def _stored(self, js: Any, body: dict[int, float]) -> None:
        samples = [{"name": self.name, "ts": ts, "value": value} for ts, value in body.items()]
        while True:
            try:
                await js.publish(SUBJECT, orjson.dumps({"samples": samples}))
                return
            except (NatsError, JetStreamError, TimeoutError, OSError):
                await asyncio.sleep(0.1)


def stored(platform: Platform, name: str) -> dict[int, float]:
    with psycopg.connect(platform.env["DATABASE_URL_NOTIFY"], autocommit=True) as database:
        return dict(database.execute(ROWS, (name,)).fetchall())


async def test_samples_survive_the_death_of_every_part(platform: Platform, supervisor: Supervisor):
    letters = await asyncio.to_thread(platform.dead_letters)
    talker = Talker(platform.env["NATS__URL"], f"faults/{uuid4().hex[:8]}")

    faults = (
        lambda: supervisor.killed("notify"), lambda: supervisor.armed("notify", "raw_batch.committed"),
        lambda: server_killed(platform.home, "postgres"), lambda: server_killed(platform.home, "nats"),
    )  # fmt: skip
    async with background(talker.run()):
        for fault in faults:
            await _goes_on(platform, talker)
            await fault()
        await _goes_on(platform, talker)
        talker.stopped = True
        await until(lambda: stored(platform, talker.name) == talker.said, RECORDED)
    assert len(talker.said) > SIZE * len(faults)
    assert await asyncio.to_thread(platform.dead_letters) == letters


async def _goes_on(platform: Platform, talker: Talker) -> None:
    """Returns when samples are stored that were said from now on."""
    now = max(talker.said, default=0)
    await until(lambda: max(stored(platform, talker.name), default=0) > now, RECORDED)

"""A backup that is taken while people work, everything wiped, restored by the words of docs/deploy.md."""

import asyncio
from typing import Any

import httpx

from stack.demo.job import Job
from stack.home import Home
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.e2e.faults import until
from tests.e2e.load import Load
from tests.e2e.outages import Work
from tests.e2e.writes import AREA, FEEDBACK, MODEL, STATE
from tests.soak.backup import Backup, Counts

RATE, BEFORE, AFTER = 10.0, 15.0, 5.0
CONVERGE, ENDS = 120.0, 600.0
OWNED = (AREA, MODEL, FEEDBACK, STATE)


async def test_a_backup_brings_everything_back(platform: Platform, job: Job, done: dict[str, Any]) -> None:
    backup = Backup(platform.home, platform.env)
    await asyncio.to_thread(_told, Work(platform, job, done))
    invariants.known_base_model(platform)
    load = Load(platform.url, platform.token, RATE)
    clients = asyncio.create_task(load.run())
    await asyncio.sleep(BEFORE)
    answered = {kind.name: {made for one in load.writes if one.kind is kind for made in one.made} for kind in OWNED}
    first = await asyncio.to_thread(backup.rows)
    await asyncio.to_thread(backup.take)
    last = await asyncio.to_thread(backup.rows)
    sent = _sent(platform.home)
    await asyncio.sleep(AFTER)
    load.stopped = True
    await asyncio.wait_for(clients, CONVERGE)

    await asyncio.to_thread(backup.wipe)
    restored = await asyncio.to_thread(backup.restore)
    await asyncio.to_thread(backup.go_on, platform.data)
    await until(lambda: not invariants.backlog(platform, load), CONVERGE, lambda: invariants.backlog(platform, load))

    assert _outside(restored, first, last) == {}
    for kind in OWNED:
        held = await invariants.rows_of(platform, load, kind)
        assert answered[kind.name] <= set(held), kind.name
        assert set(held.values()) == {1}
    assert await asyncio.to_thread(backup.lost_files) == []
    assert _sent(platform.home) == sent, "nothing is sent twice"
    await _works_again(platform, job, done)
    print(f"{sum(restored.values())} rows of {len(restored)} tables, {len(backup.files)} files, {sent} sent")


def _told(work: Work) -> None:
    """A build, a training and a prediction have ended, and their user was told by mail and by webhook."""
    work.listen()
    work.keep_going()
    work.ended_well(ENDS)


def _sent(home: Home) -> Counts:
    """What has left the system: mails and calls of webhooks."""
    places = {"mails": ("sandbox-smtp", "messages"), "calls": ("sandbox-webhooks", "requests")}
    return {
        name: len(httpx.get(f"http://127.0.0.1:{home.port(server)}/{path}", timeout=10).json())
        for name, (server, path) in places.items()
    }


def _outside(found: Counts, first: Counts, last: Counts) -> dict[str, tuple[int, int, int]]:
    """Tables whose rows are none of those that there were while the backup was taken."""
    return {
        table: (first[table], found.get(table, -1), last[table])
        for table in first
        if not min(first[table], last[table]) <= found.get(table, -1) <= max(first[table], last[table])
    }


async def _works_again(platform: Platform, job: Job, done: dict[str, Any]) -> None:
    """Results of before can be read, and new writes are each there once."""
    await asyncio.to_thread(lambda: job.fairway.predictions.result(done["prediction"].id))
    event = await invariants.last_event(platform)
    load = Load(platform.url, platform.token, RATE)
    clients = asyncio.create_task(load.run())
    await asyncio.sleep(AFTER)
    load.stopped = True
    await asyncio.wait_for(clients, CONVERGE)
    await until(lambda: not invariants.backlog(platform, load), CONVERGE, lambda: invariants.backlog(platform, load))
    await invariants.check(platform, load, event)

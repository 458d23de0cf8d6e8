"""The next release takes the place of this one, and this one of the next, while people write, read and train."""

import asyncio
import json
import time
from functools import partial

import pytest

from contracts.catalog.areas import AoiCreated
from stack.demo.job import Job
from tests.containers.engine import VERSION
from tests.e2e import invariants
from tests.e2e.conftest import Platform
from tests.e2e.faults import until
from tests.e2e.load import Load, good_again
from tests.upgrade.conftest import NEXT, Releases
from tests.upgrade.fleet import Fleet, Maker, hooks
from tests.upgrade.reads import Reads

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
RATE = 5.0
"""Areas a second, beside one write a second of each other kind."""
CONVERGE, TRAINED = 120.0, 300.0


async def test_nothing_is_lost_on_the_way_there_and_back(
    platform: Platform, fleet: Fleet, releases: Releases, job: Job
) -> None:
    base, dataset = await asyncio.to_thread(lambda: (job.register(), job.build()))

    def train() -> int:
        return job.fairway.trainings.submit(
            base_model_stac_id=base.stac_item_id, dataset_stac_id=dataset.stac_id, model_name="upgraded",
            title="Through an upgrade", overrides=job.overrides,
        ).id  # fmt: skip

    for release, verb, version in ((releases.next, "migrate", NEXT), (releases.this, "provision", VERSION)):
        training = await asyncio.to_thread(train)
        await until(partial(_is, job, training, "running"), CONVERGE)
        await _under_load(platform, fleet, release, verb)
        assert fleet.versions == {version}
        await until(partial(_is, job, training, "completed", "failed", "stopped"), TRAINED)
        row = await asyncio.to_thread(job.fairway.trainings.get, training)
        assert (row.status, row.error) == ("completed", "")
    assert await _wrote(platform) == {"", "next"}, "both releases wrote events"


async def _under_load(platform: Platform, fleet: Fleet, release: Maker, verb: str) -> None:
    """One release takes the place of the other: each write that was answered is there once, and each read came
    through."""
    letters, event = invariants.dead_letters(platform), await invariants.last_event(platform)
    load, reads = Load(platform.url, platform.token, RATE), Reads(platform.url, platform.token)
    writing, reading = asyncio.create_task(load.run()), asyncio.create_task(reads.run())
    started = time.monotonic()
    try:
        await good_again(load, started, CONVERGE)
        await asyncio.to_thread(hooks, release, verb)
        await fleet.roll(release)
        load.stopped = True
        await asyncio.wait_for(writing, CONVERGE)
    finally:
        writing.cancel()
        reading.cancel()
        print(*fleet.errors(), sep="\n")
    print(
        f"{verb}: {time.monotonic() - started:.0f} s, {len(load.writes)} writes in {len(load.requests)} requests, "
        f"{reads.good} reads, {len(reads.again)} of them twice, not good: {load.bad(0)} {reads.again[:5]}"
    )
    await until(lambda: not invariants.backlog(platform, load), CONVERGE, lambda: invariants.backlog(platform, load))
    await invariants.check(platform, load, event)
    assert (load.wrong, reads.failed, fleet.exits) == ([], [], {})
    assert invariants.dead_letters(platform) == letters


def _is(job: Job, training: int, *statuses: str) -> bool:
    return job.fairway.trainings.get(training).status in statuses


async def _wrote(platform: Platform) -> set[str]:
    """What the events of new areas say of the release that wrote them: this one says nothing."""
    found: set[str] = set()
    async with invariants.bus(platform) as js:
        subscription = await js.subscribe(AoiCreated.subject(), ordered_consumer=True)
        left = 1
        while left:
            message = await subscription.next_msg(timeout=10)
            found.add(json.loads(message.data).get("surveyed", ""))
            left = message.metadata.num_pending
    return found

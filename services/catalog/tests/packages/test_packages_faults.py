"""Jobs hold when they are cancelled, when their end is held up, and when the storage is away."""

import os
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from packages_room import person
from sqlalchemy import func, update

from catalog.packages.production import locks
from catalog.packages.submissions.tables import PackageTaskRow
from kit.testing import eventually

LIMIT, TRIES = 120.0, 5


def made(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines()]


async def test_a_cancelled_task_ends_with_its_process(packages, workers, folder):
    """Within five seconds, unless the machine is busy each time."""
    for _ in range(TRIES):
        if await seconds_to_cancel(packages, folder / "slow.pid") <= 5:
            return
    pytest.fail("no job ended within five seconds")


async def seconds_to_cancel(packages, told: Path) -> float:
    told.unlink(missing_ok=True)
    owner = person()
    job_id = await packages.submit("gabon", "slow.version_1", actor=owner)
    child = int(await eventually(lambda: told.exists() and told.read_text(), LIMIT))

    async def is_executing() -> bool:
        task = (await packages.job(job_id))["tasks"][0]
        return task["job_status"] == "EXECUTING" and task["stage"] == "cropping source"

    await eventually(is_executing, LIMIT)
    started = time.monotonic()
    verdict = await packages.cancel(job_id, owner)
    assert verdict.result["tasks"][0]["job_status"] == "REVOKED"
    job = await packages.ended(job_id)
    await eventually(lambda: not os.path.exists(f"/proc/{child}"))
    seconds = time.monotonic() - started
    assert (job["cancelled"], job["percent"]) == (True, 100)
    assert job["tasks"][0]["result"] == {"revoked": "cancelled"}
    assert packages.data("gabon", "slow") == set()
    assert not [path for path in packages.staged if UUID(job_id).hex in str(path)]
    assert (await packages.cancel(job_id, owner)).result["cancelled"], "twice is once"
    return seconds


async def test_jobs_of_one_user_end_in_the_order_of_their_arrival(running, packages, workers):
    """The end of the first is held up; somebody else's job passes, the next one of the same user does not begin."""
    owner, key, holder = person(), locks.of_finalise("kenya"), uuid4()
    async with running.tx() as tx:
        assert await locks.take(key, holder, 60, tx)
    first = await packages.submit("kenya", "quick.version_1", actor=owner, redo=True)
    second = await packages.submit("chad", "quick.version_1", actor=owner)

    async def is_made() -> bool:
        return (await packages.job(first))["tasks"][0]["job_status"] == "SUCCESS"

    await eventually(is_made, LIMIT)
    await packages.made("niger", "quick.version_1")
    assert (await packages.job(second))["started_at"] is None
    async with running.tx() as tx:
        await locks.release(key, holder, tx)
    ended, next_one = await packages.ended(first), await packages.ended(second)
    assert ended["ended_at"] < next_one["started_at"]


async def test_what_a_cancelled_task_was_at_is_waited_for(running, packages, workers):
    """Its worker notices within seconds; until then it has the lock."""
    ended = (await packages.made("rwanda", "test_processor.version_1"))["id"]
    async with running.tx() as tx:
        now = update(PackageTaskRow).where(PackageTaskRow.job_id == UUID(ended))
        await tx.session.execute(now.values(ended_at=func.now() - timedelta(seconds=3)))
        assert await locks.take("rwanda.test_processor.version_1", UUID(ended), 60, tx)
    job = await packages.made("rwanda", "test_processor.version_1", redo=True)
    assert job["tasks"][0]["job_status"] == "SUCCESS"


async def test_an_outage_of_the_storage_delays_a_job(packages, workers, folder, many_log):
    away = folder / "away"
    job_id = await packages.submit("egypt", "many.version_1")
    await eventually(lambda: len(made(many_log)) >= 5, LIMIT)
    away.touch()
    try:

        async def waits() -> bool:
            return (await packages.job(job_id))["tasks"][0]["stage"] == "The object store does not answer."

        await eventually(waits, LIMIT)
    finally:
        away.unlink()
    job = await packages.ended(job_id, LIMIT)
    assert (job["tasks"][0]["job_status"], len(packages.data("egypt", "many"))) == ("SUCCESS", 20)

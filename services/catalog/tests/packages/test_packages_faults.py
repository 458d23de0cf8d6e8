"""Jobs hold when workers are killed, when they are cancelled and when the storage is away."""

import os
import signal
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from conftest import start_worker
from packages_room import person
from sqlalchemy import func, select, update

from catalog.packages.production import locks
from catalog.packages.submissions.tables import PackageTaskRow
from kit.jobs.tables import fan_out_parts
from kit.messaging.tables import outbox
from kit.testing import eventually

LIMIT = 120.0


def made(log: Path) -> list[int]:
    return [int(line.split()[1]) for line in log.read_text().splitlines()]


async def recorded(running, job_id: str) -> set[int]:
    part = fan_out_parts.c
    async with running.db.session() as session:
        task = await session.scalar(select(PackageTaskRow.id).where(PackageTaskRow.job_id == UUID(job_id)))
        done = await session.scalars(select(part.number).where(part.fan_out_id == task, part.state == "done"))
        return set(done.all())


@pytest.mark.timeout(300)
async def test_killed_workers_lose_no_finished_file(running, packages, workers, many_log):
    job_id = await packages.submit("angola", "many.version_1")
    await eventually(lambda: len(made(many_log)) >= 10, LIMIT)
    for worker in workers:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    kept, before = await recorded(running, job_id), made(many_log)
    assert 8 <= len(kept) < 48
    assert packages.data("angola", "many") == set(), "nothing is visible before all is made"
    workers[:] = [await start_worker() for _ in workers]
    job = await packages.ended(job_id, LIMIT)
    assert (job["tasks"][0]["job_status"], job["problem"]) == ("SUCCESS", "")
    again = made(many_log)[len(before) :]
    assert kept.isdisjoint(again), "what was recorded is not made again"
    assert len(packages.data("angola", "many")) == 48
    document, provenance = packages.documents("angola")
    assert (len(provenance), len(document["resources"])) == (1, 1)
    about = outbox.c.data.like(f"%{job_id}%".encode())
    completed = select(func.count()).where(outbox.c.subject == "evt.catalog.v1.package_job_completed", about)
    async with running.db.session() as session:
        assert await session.scalar(completed) == 1


async def test_a_cancelled_task_ends_with_its_process(running, packages, workers, folder):
    told, owner = folder / "slow.pid", person()
    told.unlink(missing_ok=True)
    job_id = await packages.submit("gabon", "slow.version_1", actor=owner)
    child = int(await eventually(lambda: told.exists() and told.read_text(), LIMIT))

    async def is_executing() -> bool:
        task = (await packages.job(job_id))["tasks"][0]
        return task["job_status"] == "EXECUTING" and task["stage"] == "cropping source"

    await eventually(is_executing, LIMIT)
    verdict = await packages.cancel(job_id, owner)
    assert verdict.result["tasks"][0]["job_status"] == "REVOKED"
    await eventually(lambda: not os.path.exists(f"/proc/{child}"))
    job = await packages.ended(job_id)
    assert (job["cancelled"], job["percent"]) == (True, 100)
    assert job["tasks"][0]["result"] == {"revoked": "cancelled"}
    assert packages.data("gabon", "slow") == set()
    assert not [path for path in packages.staged if UUID(job_id).hex in str(path)]
    assert (await packages.cancel(job_id, owner)).result["cancelled"], "twice is once"


async def test_what_a_cancelled_task_was_at_is_waited_for(running, packages, workers):
    """Its worker notices within seconds; until then it has the lock."""
    ended = (await packages.made("rwanda", "test_processor.version_1"))["id"]
    async with running.tx() as tx:
        now = update(PackageTaskRow).where(PackageTaskRow.job_id == UUID(ended))
        await tx.session.execute(now.values(ended_at=func.now() + timedelta(seconds=2)))
        assert await locks.take("rwanda.test_processor.version_1", UUID(ended), 60, tx)
    job = await packages.made("rwanda", "test_processor.version_1", redo=True)
    assert job["tasks"][0]["job_status"] == "SUCCESS"


async def test_an_outage_of_the_storage_delays_a_job(packages, workers, folder, many_log):
    away = folder / "away"
    job_id = await packages.submit("egypt", "many.version_1")
    await eventually(lambda: len(made(many_log)) >= 10, LIMIT)
    away.touch()
    try:

        async def waits() -> bool:
            return (await packages.job(job_id))["tasks"][0]["stage"] == "The object store does not answer."

        await eventually(waits, LIMIT)
    finally:
        away.unlink()
    job = await packages.ended(job_id, LIMIT)
    assert (job["tasks"][0]["job_status"], len(packages.data("egypt", "many"))) == ("SUCCESS", 48)

"""A job of many files, while a worker, the object store, the bus and the database are killed one after the other."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from package_jobs import Packages
from servers_of_our_own import OurOwn, our_own
from sqlalchemy import func, select

from catalog.packages.storage.port import PackageStorage, VersionRef
from catalog.packages.submissions.tables import PackageTaskRow
from kit.errors import Unavailable
from kit.jobs.tables import fan_out_parts, queued_jobs
from kit.messaging.tables import outbox
from kit.process.tasks import cancel_all
from kit.testing import eventually

MANY, FILES, LIMIT = VersionRef("angola", "many", "version_1"), 120, 180.0


@dataclass
class Reader:
    """Looks at a dataset version all the time, as people do; notes what it may not see."""

    storage: PackageStorage
    looks: int = 0
    seen: list[tuple[int, bool]] = field(default_factory=list)

    async def run(self) -> None:
        while True:
            with suppress(Unavailable):
                document = await self.storage.load_datapackage(MANY.package)
                files = len(await self.storage.data_files(MANY))
                described = any(one["processor"] == MANY.processor for one in document.get("resources", []))
                if files not in (0, FILES) or (described and not files):
                    self.seen.append((files, described))
                self.looks += 1
            await asyncio.sleep(0.1)


@dataclass
class Faults:
    """What was recorded before each fault, and the number of files that had been made by then."""

    system: OurOwn
    before: list[tuple[set[int], int]] = field(default_factory=list)

    def made(self) -> list[int]:
        log = self.system.log
        return [int(line.split()[1]) for line in log.read_text().splitlines()] if log.exists() else []

    async def strike(self, job_id: str, after: int, fault: Callable[[], Awaitable[Any]]) -> None:
        await eventually(lambda: len(self.made()) >= after, LIMIT)
        self.before.append((await self._recorded(job_id), len(self.made())))
        await fault()

    async def _recorded(self, job_id: str) -> set[int]:
        part = fan_out_parts.c
        task = select(PackageTaskRow.id).where(PackageTaskRow.job_id == UUID(job_id)).scalar_subquery()
        done = select(part.number).where(part.fan_out_id == task, part.state == "done")
        async with self.system.running.db.session() as session:
            return set((await session.scalars(done)).all())


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[OurOwn]:
    async with our_own(tmp_path, FILES) as found:
        yield found


@pytest.mark.timeout(400)
async def test_a_job_of_many_files_outlives_worker_and_servers(system: OurOwn):
    packages, faults, reader = system.packages, Faults(system), Reader(system.storage)
    reading = asyncio.create_task(reader.run())
    job_id = await packages.submit("angola", MANY.processor)
    await eventually(faults.made, LIMIT)
    beside = [await packages.submit("angola", name) for name in ("quick.version_1", MANY.processor)]
    await faults.strike(job_id, 15, system.kill_worker)
    await faults.strike(job_id, 35, lambda: system.kill("radosgw"))
    await faults.strike(job_id, 55, lambda: system.kill("nats"))
    await faults.strike(job_id, 75, lambda: system.kill("postgres"))
    made, quick, equal = [await _ended(packages, one) for one in (job_id, *beside)]
    await cancel_all({reading})

    assert [job["tasks"][0]["job_status"] for job in (made, quick, equal)] == ["SUCCESS", "SUCCESS", "SKIPPED"]
    assert {job["problem"] for job in (made, quick, equal)} == {""}
    for kept, before in faults.before:
        assert kept, "something was recorded"
        assert kept.isdisjoint(faults.made()[before:]), "what was recorded is not made again"
    assert (reader.seen, reader.looks > 50) == ([], True), "nobody sees a part of it"
    assert len(await system.storage.data_files(MANY)) == FILES
    await _is_told_once(system, (job_id, *beside))


async def _ended(packages: Packages, job_id: str) -> dict[str, Any]:
    async def complete() -> dict[str, Any] | None:
        with suppress(Unavailable):
            job = await packages.job(job_id)
            return job if job["status"] == "COMPLETE" else None

    return await eventually(complete, LIMIT)


async def _is_told_once(system: OurOwn, jobs: tuple[str, ...]) -> None:
    storage = system.storage
    document, provenance = await storage.load_datapackage("angola"), await storage.load_provenance("angola")
    assert sorted(one["processor"] for one in document["resources"]) == ["many.version_1", "quick.version_1"]
    assert sorted(member[-1]["job_id"] for member in provenance.values()) == sorted(jobs)
    for job_id in jobs:
        told = outbox.c.data.like(f"%{job_id}%".encode())
        completed = select(func.count()).where(outbox.c.subject == "evt.catalog.v1.package_job_completed", told)
        finalisers = select(func.count()).where(
            queued_jobs.c.work == UUID(job_id), queued_jobs.c.subject.like("job.catalog.v1.package_finalise%")
        )
        async with system.running.db.session() as session:
            assert (await session.scalar(completed), await session.scalar(finalisers)) == (1, 1)

"""The setup step of a package: its folder, its pages and an empty data package. It may run again: what is there stays
as it is."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

import shapely
from sqlalchemy import func, select, update

from catalog.packages.production import locks
from catalog.packages.production.jobs.task_in_work import TaskInWork
from catalog.packages.production.outcome import Failed, ProcessorFailed
from catalog.packages.production.tables import PackageLockRow
from catalog.packages.storage.port import DATAPACKAGE, PackageStorage
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from extracts import pages
from extracts.outline import Outline
from extracts.package import new_package
from kit.messaging.tx import Tx
from kit.outages import is_outage

LEASE = 30.0
"""Seconds for which a setup that does not end keeps others out; it takes less than one."""
LOOK = 1.0
"""Seconds between two looks at the setup of another task."""
FAILURE = "BoundarySetupFailedException"
OUTLINE = "boundary.geojson"
Log = dict[str, Any]
Turn = Literal["mine", "wait"]


async def ensure_set_up(task: TaskInWork) -> None:
    """Returns when the package is there. Raises ProcessorFailed when its setup failed, or when another job does it for
    longer than the lock's timeout."""
    end, waits = time.monotonic() + task.tools.lock, False
    while (turn := await task.context.write(lambda tx: _turn(task, tx))) == "wait":
        if time.monotonic() > end:
            raise ProcessorFailed(Failed(FAILURE, "The setup of the package by another job does not end.", "setup"))
        if not waits:
            await task.set_status("RETRY")
        waits = True
        await asyncio.sleep(LOOK)
    log = await _do(task) if turn == "mine" else turn
    if waits:
        await task.set_status("EXECUTING")
    if "failed" in log:
        raise ProcessorFailed(Failed(FAILURE, log["failed"], "setup"))


async def _turn(task: TaskInWork, tx: Tx) -> Log | Turn:
    """The log of the setup when it is over; `mine` when this task has to do it."""
    job = PackageJobRow
    log: Log | None = await tx.session.scalar(select(job.setup).where(job.id == task.job.id))
    if log is not None and "skipped" not in log:
        return log
    if log is not None:
        return "wait" if await _owner(task, tx) else log
    if await locks.take(locks.of_setup(task.package), task.id, LEASE, tx):
        return "mine"
    owner = await _owner(task, tx)
    siblings = select(PackageTaskRow.id).where(PackageTaskRow.job_id == task.job.id)
    if owner not in (await tx.session.scalars(siblings)).all():
        await _record(task, {"skipped": f"{locks.of_setup(task.package)} already executing"}, tx)
    return "wait"


async def _owner(task: TaskInWork, tx: Tx) -> UUID | None:
    lock = PackageLockRow
    held = (lock.key == locks.of_setup(task.package), lock.expires_at > func.clock_timestamp())
    return await tx.session.scalar(select(lock.owner).where(*held))


async def _record(task: TaskInWork, log: Log, tx: Tx) -> None:
    """The first log of a job stays."""
    job = PackageJobRow
    await tx.session.execute(update(job).where(job.id == task.job.id, job.setup.is_(None)).values(setup=log))


async def _do(task: TaskInWork) -> Log:
    try:
        log = await set_up(task.package, task.job.title or task.package, task.job.outline, task.tools.storage)
    except Exception as error:
        if is_outage(error):
            await task.context.write(lambda tx: locks.release(locks.of_setup(task.package), task.id, tx))
            raise
        log = {"failed": type(error).__name__}

    async def over(tx: Tx) -> None:
        await _record(task, log, tx)
        await locks.release(locks.of_setup(task.package), task.id, tx)

    await task.context.write(over)
    return log


async def set_up(package: str, title: str, outline: bytes, storage: PackageStorage) -> Log:
    """Creates what is missing. Returns the log: `boundary_folder` is `created` or `exists`, others only when they were
    made now."""
    log = {"boundary_folder": "exists" if await storage.has_package(package) else "created"}
    await storage.create_package_folder(package)
    if not await storage.has_datasets_folder(package):
        await storage.create_datasets_folder(package)
        log["boundary_data_folder"] = "created"
    for name, (step, content) in _files(title, outline).items():
        if not await storage.has_package_file(package, name):
            await storage.put_package_file(package, name, content)
            log |= {step: "created"} if step else {}
    if not await storage.has_package_file(package, DATAPACKAGE):
        await storage.save_datapackage(package, new_package(package, storage.uri(f"{package}/"), datetime.now(UTC)))
        log["boundary_datapackage"] = "created"
    return log


def _files(title: str, outline: bytes) -> dict[str, tuple[str, bytes]]:
    """Step and content by file name."""
    shape = shapely.from_wkb(outline)
    assert isinstance(shape, shapely.MultiPolygon)
    return {
        "index.html": ("boundary_index", pages.package_index(title).encode()),
        "license.html": ("boundary_license", pages.package_license().encode()),
        "version.html": ("boundary_version", pages.package_version().encode()),
        OUTLINE: ("", Outline(shape, shape).geojson()),
    }

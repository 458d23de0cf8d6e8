"""The first job of a task: sets the package up, looks for what is there already, fetches the sources, and begins the
parts."""

import asyncio

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production import locks, results
from catalog.packages.production.child.work import Plan, Ready
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.jobs.task_in_work import TaskInWork, open_task
from catalog.packages.production.setup import ensure_set_up
from catalog.packages.submissions import domain
from catalog.packages.submissions.ending import revoke_tasks
from catalog.packages.submissions.tables import PackageTaskRow
from contracts.catalog.package_jobs import PackageDatasetJob, PackagePartJob, PackageTaskJob
from kit.errors import NotFound
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

LOOK = 0.5
"""Seconds between two tries to take the lock of a cancelled task."""


async def run_task(job: PackageTaskJob, context: JobContext, tools: ProductionContext) -> None:
    """Safe to repeat."""
    task = await open_task(job.job_id, job.task, context, tools)
    if task is None:
        return
    if task.is_expired:
        reason = domain.EXPIRED.format(seconds=tools.expiry)
        await context.write(lambda tx: revoke_tasks(job.job_id, reason, tx, PackageTaskRow.number == job.task))
        return
    await task.guard(_run(task))


async def _run(task: TaskInWork) -> None:
    await task.set_status("EXECUTING")
    await ensure_set_up(task)
    plan = await task.tools.processors.plan(task.asked)
    if not await _take_lock(task):
        return await _skip(task, "already executing")
    if await _has_begun(task):
        return await _go_on(task)
    if not task.job.redo and await _exists(task, plan):
        return await _skip(task, "exists")
    async with task.tools.processors.folder() as folder:
        task.told = folder / "progress"
        ready = await task.tools.processors.fetch(task.asked, task.told)
    await task.context.write(lambda tx: _begin_parts(task, plan, ready, tx))


async def _take_lock(task: TaskInWork) -> bool:
    """Returns False while another task makes the same; one that was cancelled makes nothing, and is waited for."""
    while not await task.take_lock():
        async with task.context.read() as read:
            if await locks.has_owner_at_work(task.lock_key, read):
                return False
        await asyncio.sleep(LOOK)
    return True


async def _skip(task: TaskInWork, reason: str) -> None:
    result = domain.skipped(task.package, task.row.processor, reason)
    await task.context.write(lambda tx: task.end("SKIPPED", result, tx, reason.replace(" ", "_")))


async def _exists(task: TaskInWork, plan: Plan) -> bool:
    """Whether every expected file is stored, and not known to be of another outline, of other options or of an older
    release."""
    stored = {file.name for file in await task.tools.storage.data_files(task.version)}
    if not stored >= set(plan.outputs):
        return False
    async with task.context.read() as read:
        known = await read.session.get(PackageDatasetRow, (task.package, task.row.processor))
    if known is None:
        return True
    wanted = (task.job.outline_sha256, task.job.options, plan.sources_key)
    return (known.outline_sha256, known.options, known.sources_key) == wanted


async def _begin_parts(task: TaskInWork, plan: Plan, ready: Ready, tx: Tx) -> None:
    """Takes the staged files of an equal request, or sends a job for each part."""
    known = None if task.job.redo else await results.find(ready.request_key, tx)
    place = known.place if known else task.id.hex
    mine = (PackageTaskRow.job_id == task.job.id, PackageTaskRow.number == task.row.number)
    values = {"request_key": ready.request_key, "archives": ready.archives, "place": place}
    await tx.session.execute(update(PackageTaskRow).where(*mine).values(values))
    if known:
        tx.emit(PackageDatasetJob(job_id=task.job.id, task=task.row.number))
        return
    jobs = [PackagePartJob(job_id=task.job.id, task=task.row.number, part=n) for n in range(len(plan.outputs))]
    try:
        async with tx.session.begin_nested():
            await fan_out.start(task.id, jobs, tx)
    except IntegrityError:
        return


async def _has_begun(task: TaskInWork) -> bool:
    try:
        async with task.context.read() as read:
            await fan_out.progress(task.id, read)
    except NotFound:
        return False
    return True


async def _go_on(task: TaskInWork) -> None:
    """The parts were sent before. Of a first delivery, which comes from the reaper, those that are not done are sent
    again; a part that is done twice is recorded once."""
    if task.context.delivery > 1:
        return

    async def send(tx: Tx) -> None:
        about = await fan_out.progress(task.id, tx)
        done = await fan_out.results(task.id, tx)
        if about.state == "joining":
            tx.emit(PackageDatasetJob(job_id=task.job.id, task=task.row.number))
        for number in set(range(about.total)) - set(done) if about.state == "running" else ():
            tx.emit(PackagePartJob(job_id=task.job.id, task=task.row.number, part=number))

    await task.context.write(send)

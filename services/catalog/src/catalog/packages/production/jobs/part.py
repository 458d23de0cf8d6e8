"""The job of one output file: made in the child process, staged, and recorded."""

from catalog.packages.production import locks
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.jobs.task_in_work import TaskInWork, open_task
from catalog.packages.submissions import domain
from contracts.catalog.package_jobs import PackageDatasetJob, PackagePartJob
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx


async def run_part(job: PackagePartJob, context: JobContext, tools: ProductionContext) -> None:
    """Safe to repeat: a part that is recorded is not made again."""
    task = await open_task(job.job_id, job.task, context, tools)
    if task is not None and job.part not in await _done(task):
        await task.guard(_make(task, job.part))


async def _done(task: TaskInWork) -> set[int]:
    async with task.context.read() as read:
        return set(await fan_out.results(task.id, read))


async def _make(task: TaskInWork, number: int) -> None:
    if not await task.take_lock():
        return await lost_lock(task)
    async with task.tools.processors.folder() as folder:
        task.told, done = folder / "progress", len(await _done(task))
        made = await task.tools.processors.make(task.asked, number, done, folder, task.told)
        await task.tools.storage.stage(task.row.place, staged_name(number), folder / made["output"])
        await task.report_now()
    await task.context.write(lambda tx: _record(task, number, made, tx))


async def _record(task: TaskInWork, number: int, made: dict, tx: Tx) -> None:
    assert task.held is not None
    await locks.ensure_held(task.held, tx)
    if await fan_out.end_part(task.id, number, made, tx):
        tx.emit(PackageDatasetJob(job_id=task.job.id, task=task.row.number))


async def lost_lock(task: TaskInWork) -> None:
    """The lock had no owner for too long, and another job took it."""
    result = domain.skipped(task.package, task.row.processor, "already executing")

    async def write(tx: Tx) -> None:
        await fan_out.cancel(task.id, tx)
        await task.end("SKIPPED", result, tx, "already_executing")

    await task.context.write(write)
    await task.clear()


def staged_name(number: int) -> str:
    """Of a part; it does not name the package, since the file may serve many."""
    return f"{number:05d}"

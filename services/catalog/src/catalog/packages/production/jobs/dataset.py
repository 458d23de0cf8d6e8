"""The last job of a task: all parts are made, and become the dataset version at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from catalog.packages.packages.tables import PackageDatasetRow
from catalog.packages.production import locks, results
from catalog.packages.production.child.work import Finished, Plan
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.jobs.part import lost_lock, staged_name
from catalog.packages.production.jobs.task_in_work import TaskInWork, open_task
from catalog.packages.production.tables import PackageResultRow
from contracts.catalog.package_jobs import PackageDatasetJob, PackageTaskJob
from contracts.catalog.packages import PackageDatasetCreated
from kit.errors import NotFound
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx

Made = list[dict[str, Any]]


async def run_dataset(job: PackageDatasetJob, context: JobContext, tools: ProductionContext) -> None:
    """Safe to repeat."""
    task = await open_task(job.job_id, job.task, context, tools)
    if task is not None:
        await task.guard(_run(task))


async def _run(task: TaskInWork) -> None:
    if not await task.take_lock():
        return await lost_lock(task)
    made = await _made(task)
    if not made:
        return await _again(task)
    plan = await task.tools.processors.plan(task.asked)
    finished = await task.tools.processors.finish(task.asked, made, task.row.archives)
    try:
        await _store(task, plan, finished)
    except NotFound:
        return await _again(task)
    await task.context.write(lambda tx: _succeed(task, plan, finished, made, tx))


async def _made(task: TaskInWork) -> Made:
    """Records of the parts: of this task, or of the equal request whose files it takes."""
    row = PackageResultRow
    async with task.context.read() as read:
        own = await fan_out.results(task.id, read)
        same = select(row.files).where(row.request_key == task.row.request_key, row.place == task.row.place)
        return [own[number] for number in sorted(own)] if own else (await read.session.scalar(same) or [])


async def _again(task: TaskInWork) -> None:
    """The staged files are gone: the task begins anew."""

    async def write(tx: Tx) -> None:
        await tx.session.execute(delete(PackageResultRow).where(PackageResultRow.place == task.row.place))
        await fan_out.forget(task.id, tx)
        tx.emit(PackageTaskJob(job_id=task.job.id, task=task.row.number))

    await task.context.write(write)


async def _store(task: TaskInWork, plan: Plan, finished: Finished) -> None:
    staged, storage = await task.tools.storage.staged(task.row.place), task.tools.storage
    files = {name: staged.get(staged_name(number), "") for number, name in enumerate(plan.outputs)}
    if not all(files.values()):
        raise NotFound("staged_file_missing")
    for step in plan.moving:
        await task.say(*step)
    await storage.replace_data(task.version, files)
    for name, page in finished.pages.items():
        await storage.put_metadata_file(task.version, name, page.encode())
    for step in plan.documentation:
        await task.say(*step)


async def _succeed(task: TaskInWork, plan: Plan, finished: Finished, made: Made, tx: Tx) -> None:
    assert task.held is not None
    await locks.ensure_held(task.held, tx)
    size = sum(one["digest"]["bytes"] for one in made)
    if not await task.end("SUCCESS", finished.log, tx, percent=100, bytes=size):
        return
    await fan_out.finish(task.id, tx)
    about = {"outline_sha256": task.job.outline_sha256, "options": task.job.options, "processor": task.row.processor}
    if task.row.request_key:
        key = {"request_key": task.row.request_key, "place": task.row.place}
        await results.keep({**about, **key, "files": made, "bytes": size}, tx)
    await _remember(task, plan, finished, about, tx)
    files = [{name: one[name] for name in ("path", "bytes", "sha256")} for one in finished.resource["files"]]
    uri = task.tools.storage.uri(f"{task.package}/datasets/{task.version.dataset}/{task.version.version}/")
    tx.emit(PackageDatasetCreated(boundary_name=task.package, processor=task.row.processor, uri=uri, files=files))


async def _remember(task: TaskInWork, plan: Plan, finished: Finished, about: dict[str, Any], tx: Tx) -> None:
    kept = task.tools.kept
    values = about | {
        "boundary_name": task.package, "request_key": task.row.request_key, "sources_key": plan.sources_key,
        "release": plan.release, "resource": finished.resource, "job_id": task.job.id, "user_id": task.job.user_id,
        "expires_at": None if kept is None else datetime.now(UTC) + timedelta(seconds=kept),
    }  # fmt: skip
    new = insert(PackageDatasetRow).values(values)
    changed = {name: new.excluded[name] for name in values} | {"made_at": func.now()}
    await tx.session.execute(new.on_conflict_do_update(index_elements=["boundary_name", "processor"], set_=changed))

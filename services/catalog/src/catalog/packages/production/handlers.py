from catalog.packages.production.estimates import Estimates, estimate
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.submissions.areas import AreaReader
from catalog.packages.submissions.rules import SubmissionRules
from contracts.catalog import package_jobs as c
from contracts.shared import Json
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx

router = Router("catalog")


@router.in_worker(c.EstimatePackage)
async def estimate_package(
    query: c.EstimatePackage, read: ReadTx, areas: AreaReader, rules: SubmissionRules, estimates: Estimates
) -> Json:
    return await estimate(query, read, areas, rules, estimates)


async def give_up_task(
    job: c.PackageTaskJob | c.PackagePartJob | c.PackageDatasetJob, context: JobContext, tools: ProductionContext
) -> None:
    from catalog.packages.production.jobs.task_in_work import INTERRUPTED, open_task

    task = await open_task(job.job_id, job.task, context, tools)
    if task is not None:
        await task.fail(INTERRUPTED)


async def note_wait(
    job: c.PackageTaskJob | c.PackagePartJob | c.PackageDatasetJob, context: JobContext, reason: str
) -> None:
    from catalog.packages.production.jobs.waiting import note

    await note(job.job_id, job.task, reason, context)


@router.job(c.PackageTaskJob, on_give_up=give_up_task, on_wait=note_wait)
async def run_package_task(job: c.PackageTaskJob, context: JobContext, tools: ProductionContext) -> None:
    from catalog.packages.production.jobs.task import run_task

    await run_task(job, context, tools)


@router.job(c.PackagePartJob, on_give_up=give_up_task, on_wait=note_wait)
async def run_package_part(job: c.PackagePartJob, context: JobContext, tools: ProductionContext) -> None:
    from catalog.packages.production.jobs.part import run_part

    await run_part(job, context, tools)


@router.job(c.PackageDatasetJob, on_give_up=give_up_task, on_wait=note_wait)
async def run_package_dataset(job: c.PackageDatasetJob, context: JobContext, tools: ProductionContext) -> None:
    from catalog.packages.production.jobs.dataset import run_dataset

    await run_dataset(job, context, tools)


async def give_up_finalise(
    job: c.FinalisePackageJob | c.FinaliseInTurnJob, context: JobContext, tools: ProductionContext
) -> None:
    from catalog.packages.production.jobs.finalise import give_up

    await give_up(job.job_id, context, tools)


@router.job(c.FinaliseInTurnJob, on_give_up=give_up_finalise)
async def finalise_in_turn(job: c.FinaliseInTurnJob, context: JobContext, tools: ProductionContext) -> None:
    from catalog.packages.production.jobs.finalise import finalise

    await finalise(job.job_id, context, tools)


@router.job(c.FinalisePackageJob, on_give_up=give_up_finalise)
async def run_package_finalise(job: c.FinalisePackageJob, context: JobContext, tools: ProductionContext) -> None:
    from catalog.packages.production.jobs.finalise import finalise

    await finalise(job.job_id, context, tools)


@router.job(c.PackageItemJob)
async def run_package_item(job: c.PackageItemJob, context: JobContext, tools: ProductionContext) -> None:
    async with context.read() as read:
        await tools.publish(job.boundary_name, read)

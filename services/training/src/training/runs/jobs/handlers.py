from contracts.training import TrainingJob
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from training.runs import usecases
from training.runs.jobs.context import WorkerContext
from training.runs.jobs.driver import drive

router = Router("training")


async def note_wait(job: TrainingJob, ctx: JobContext, reason: str) -> None:
    async with ctx.tx() as tx:
        await usecases.record_wait(job.training_id, job.attempt, reason, tx)


@router.job(TrainingJob, on_wait=note_wait)
async def drive_run(job: TrainingJob, ctx: JobContext, context: WorkerContext) -> None:
    await drive(job, ctx, context)

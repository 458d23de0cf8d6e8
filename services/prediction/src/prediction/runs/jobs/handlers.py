"""What `python -m prediction worker` does."""

from contracts.prediction import CleanUpJob, PredictionJob
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.object_cleanup import remove_unwanted
from prediction.runs.transitions import record_wait

router = Router("prediction")


async def on_wait(job: PredictionJob, ctx: JobContext, reason: str) -> None:
    """Of whichever attempt it is at by now: one that an outage interrupted is followed by the next."""
    async with ctx.tx() as tx:
        await record_wait(job.prediction_id, reason, tx)


@router.job(PredictionJob, on_wait=on_wait)
async def predict(job: PredictionJob, ctx: JobContext, context: WorkerContext) -> None:
    from prediction.runs.jobs.driver import drive

    await drive(job, ctx, context)


@router.job(CleanUpJob)
async def clean_up(job: CleanUpJob, ctx: JobContext, context: WorkerContext) -> None:
    await remove_unwanted(job, ctx, context.storage)

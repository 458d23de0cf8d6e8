"""What `python -m prediction worker` does."""

from contracts.prediction import CleanUpJob, PredictionJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from prediction.runs.life import is_settled
from prediction.runs.ports import Tools
from prediction.runs.tables import PredictionRow

router = Router("prediction")


@router.job(PredictionJob)
async def predict(job: PredictionJob, ctx: JobContext, tools: Tools) -> None:
    from prediction.runs.drive import drive

    await drive(job, ctx, tools)


@router.job(CleanUpJob)
async def clean_up(job: CleanUpJob, ctx: JobContext, tools: Tools) -> None:
    """Safe to repeat; ids are never used again. A retry that came first goes on with what is there."""
    for folder in await _unwanted(job, ctx):
        await tools.storage.remove(await tools.storage.keys(f"predict/{job.prediction_id}/{folder}"))


async def _unwanted(job: CleanUpJob, ctx: JobContext) -> list[str]:
    if job.attempt is None:
        return [""]
    async with ctx.read() as read:
        row = await read.session.get(PredictionRow, job.prediction_id)
    if row is None or row.attempt != job.attempt or not is_settled(row):
        return []
    return ["parts/"] if row.results_ready else ["parts/", "output/"]

"""What `python -m prediction worker` does."""

from contracts.prediction import CleanUpJob, PredictionJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from prediction.runs.ports import Tools

router = Router("prediction")


@router.job(PredictionJob)
async def predict(job: PredictionJob, ctx: JobContext, tools: Tools) -> None:
    from prediction.runs.drive import drive

    await drive(job, ctx, tools)


@router.job(CleanUpJob)
async def clean_up(job: CleanUpJob, ctx: JobContext, tools: Tools) -> None:
    """Safe to repeat; ids are never used again."""
    await tools.storage.remove(await tools.storage.keys(f"predict/{job.prediction_id}/"))

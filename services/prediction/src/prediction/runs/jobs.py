"""What `python -m prediction worker` does."""

from contracts.prediction import PredictionJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from prediction.runs.ports import Tools

router = Router("prediction")


@router.job(PredictionJob)
async def predict(job: PredictionJob, ctx: JobContext, tools: Tools) -> None:
    from prediction.runs.drive import drive

    await drive(job, ctx, tools)

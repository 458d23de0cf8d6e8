"""Removes objects of a prediction that nobody will ask for again."""

from contracts.prediction import CleanUpJob
from kit.jobs.context import JobContext
from kit.storage.object_storage import Storage
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import is_settled


async def remove_unwanted(job: CleanUpJob, ctx: JobContext, storage: Storage) -> None:
    """Safe to repeat; ids are never used again. A retry that came first goes on with what is there."""
    for folder in await _unwanted(job, ctx):
        await storage.remove(await storage.keys(f"predict/{job.prediction_id}/{folder}"))


async def _unwanted(job: CleanUpJob, ctx: JobContext) -> list[str]:
    if job.attempt is None:
        return [""]
    async with ctx.read() as read:
        row = await read.session.get(PredictionRow, job.prediction_id)
    if row is None or row.attempt != job.attempt or not is_settled(row):
        return []
    return ["parts/"] if row.results_ready else ["parts/", "output/"]

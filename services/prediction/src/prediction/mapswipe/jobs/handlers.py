from contracts.prediction.mapswipe import MapswipeJob
from kit.jobs.context import JobContext
from kit.messaging.router import Router
from prediction.mapswipe.jobs import push as pushing
from prediction.mapswipe.jobs.push import MapswipeContext

router = Router("prediction")


async def on_give_up(job: MapswipeJob, ctx: JobContext) -> None:
    """Its workers died each time, or met what nobody had thought of."""
    await pushing.mark_failed(job, ctx)


async def on_wait(job: MapswipeJob, ctx: JobContext, reason: str) -> None:
    await pushing.record_wait(job, ctx, reason)


@router.job(MapswipeJob, on_give_up=on_give_up, on_wait=on_wait)
async def push_mapswipe(job: MapswipeJob, ctx: JobContext, context: MapswipeContext) -> None:
    await pushing.push(job, ctx, context)

from contracts.prediction.mapswipe import MapswipeJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from prediction.mapswipe import push as pushing
from prediction.mapswipe.push import Crowd

router = Router("prediction")


async def given_up(job: MapswipeJob, ctx: JobContext) -> None:
    """Its workers died each time, or met what nobody had thought of."""
    await pushing.fail(job, ctx)


@router.job(MapswipeJob, abandoned=given_up)
async def push_mapswipe(job: MapswipeJob, ctx: JobContext, crowd: Crowd) -> None:
    await pushing.push(job, ctx, crowd)

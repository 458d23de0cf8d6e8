from contracts.prediction.mapswipe import MapswipeJob
from kit.jobs import JobContext
from kit.messaging.router import Router
from prediction.mapswipe import push as pushing
from prediction.mapswipe.push import Crowd

router = Router("prediction")


@router.job(MapswipeJob)
async def push_mapswipe(job: MapswipeJob, ctx: JobContext, crowd: Crowd) -> None:
    await pushing.push(job, ctx, crowd)

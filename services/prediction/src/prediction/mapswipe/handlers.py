from contracts.prediction import mapswipe as c
from kit.http.outbound import Outbound
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from prediction.mapswipe import queries, usecases
from prediction.mapswipe.queries import Projects

router = Router("prediction")


@router.on(c.PushToMapswipe, http=202)
async def push_to_mapswipe(
    command: c.PushToMapswipe, tx: Tx, projects: Projects, outbound: Outbound
) -> c.MapswipeState:
    return await usecases.push(command, tx, projects.settings, outbound)


@router.on(c.GetMapswipe)
async def get_mapswipe(query: c.GetMapswipe, read: ReadTx, projects: Projects) -> c.MapswipeState:
    return await queries.get_mapswipe(query, read, projects)

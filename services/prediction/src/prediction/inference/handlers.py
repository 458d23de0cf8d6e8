from contracts.prediction import PredictLive
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from prediction.inference.usecases import Inference
from prediction.projections.usecases import VisibleModels

router = Router("prediction")


@router.in_worker(PredictLive)
async def predict_live(query: PredictLive, read: ReadTx, models: VisibleModels, bus: Bus, live: Inference) -> bytes:
    return await live.predict(query, await models.visible(query.model_stac_id, read.actor, bus), read.actor)

from contracts.prediction import PredictLive
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from prediction.known.usecases import Models
from prediction.live.usecases import Live

router = Router("prediction")


@router.on(PredictLive)
async def predict_live(query: PredictLive, read: ReadTx, models: Models, bus: Bus, live: Live) -> bytes:
    return await live.predict(query, await models.visible(query.model_stac_id, read.actor, bus))

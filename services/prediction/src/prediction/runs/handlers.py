from contracts import prediction as c
from contracts.shared import TERMINAL, Rows
from kit.ids import Ids
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from kit.storage import Storage
from prediction.known.usecases import Models
from prediction.pipeline_server import PipelineServer
from prediction.runs import queries, usecases
from prediction.runs.checks import Checks, checked
from prediction.runs.life import life_of

router = Router("prediction")


@router.on(c.SubmitPrediction, http=202)
async def submit_prediction(
    command: c.SubmitPrediction, tx: Tx, models: Models, bus: Bus, checks: Checks, ids: Ids
) -> c.Prediction:
    facts = await models.visible(command.model_stac_id, tx.actor, bus)
    return await usecases.submit(await checks.sound(command, facts), tx, ids)


@router.on(c.RetryPrediction, http=202)
async def retry_prediction(command: c.RetryPrediction, tx: Tx, storage: Storage) -> c.Prediction:
    return await usecases.retry(command, tx, storage)


@router.on(c.CancelRun)
async def cancel_run(command: c.CancelRun, tx: Tx) -> dict:
    return await usecases.cancel(command, tx)


@router.on(c.SetPredictionVisibility)
async def set_visibility(command: c.SetPredictionVisibility, tx: Tx, storage: Storage) -> c.Prediction:
    return await usecases.set_visibility(command, tx, storage)


@router.on(c.ChangePrediction)
async def change_prediction(command: c.ChangePrediction, tx: Tx, storage: Storage) -> c.Prediction:
    return await usecases.change(checked(command), tx, storage)


@router.on(c.DeletePrediction, http=204)
async def delete_prediction(command: c.DeletePrediction, tx: Tx) -> None:
    await usecases.delete(command, tx)


@router.on(c.ListCentroids)
async def list_centroids(query: c.ListCentroids, read: ReadTx) -> bytes:
    return await queries.list_centroids(query, read)


@router.on(c.GetPrediction)
async def get_prediction(query: c.GetPrediction, read: ReadTx, storage: Storage) -> c.Prediction:
    return await queries.get_prediction(query.prediction_id, query.public, read, storage)


@router.on(c.ListPredictions)
async def list_predictions(query: c.ListPredictions, read: ReadTx, storage: Storage) -> Rows:
    return await queries.list_predictions(query, read, storage)


@router.on(c.GetResult)
async def get_result(query: c.GetResult, read: ReadTx, storage: Storage) -> dict:
    return await queries.get_result(query.prediction_id, query.public, read, storage)


@router.on(c.GetRunState)
async def get_run_state(query: c.GetRunState, read: ReadTx, server: PipelineServer) -> dict:
    """What the pipeline server says now, as far as it is news; a row that has ended has the last word."""
    row = await queries.run_of(query.run_id, read)
    if row.run_id != query.run_id:
        return {"run_id": query.run_id, "status": "retried", "is_terminal": True}
    life = life_of(row)
    told = None if life.is_terminal else await server.status(query.run_id)
    status = life.hear(row.attempt, told).status if told else life.status
    return {"run_id": query.run_id, "status": status, "is_terminal": status in TERMINAL}


@router.on(c.GetRunLogs)
async def get_run_logs(query: c.GetRunLogs, read: ReadTx, server: PipelineServer) -> list:
    await queries.run_of(query.run_id, read)
    entries = await server.logs(query.run_id, query.step, query.tail, query.since)
    return [{"level": e.level, "message": e.message, "timestamp": e.timestamp} for e in entries]

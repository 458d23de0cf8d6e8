from contracts import prediction as c
from contracts.catalog.files import Link, Stored
from contracts.prediction.usage import GetUsage
from contracts.shared import Rows
from contracts.usage import UsageReport
from kit.db.ids import IdAllocator
from kit.errors import NotFound
from kit.messaging.bus import Bus
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx, Tx
from prediction.projections.usecases import VisibleModels
from prediction.results.addresses import Addresses
from prediction.runs import pipeline_queries, queries, usecases
from prediction.runs.quota import RunQuota
from prediction.runs.validation import SubmissionValidator, check_lengths
from runs.pipeline_server import PipelineServer

router = Router("prediction")


@router.on(c.SubmitPrediction, http=202)
async def submit_prediction(
    command: c.SubmitPrediction,
    tx: Tx,
    models: VisibleModels,
    bus: Bus,
    validator: SubmissionValidator,
    ids: IdAllocator,
    quota: RunQuota,
) -> c.Prediction:
    model = await models.visible(command.model_stac_id, tx.actor, bus)
    return await usecases.submit(await validator.validate(command, model), tx, ids, quota)


@router.on(c.RetryPrediction, http=202)
async def retry_prediction(command: c.RetryPrediction, tx: Tx, addresses: Addresses, quota: RunQuota) -> c.Prediction:
    return await usecases.retry(command, tx, addresses, quota)


@router.on(c.CancelRun)
async def cancel_run(command: c.CancelRun, tx: Tx) -> dict:
    return await usecases.cancel(command, tx)


@router.on(c.SetPredictionVisibility)
async def set_visibility(command: c.SetPredictionVisibility, tx: Tx, addresses: Addresses) -> c.Prediction:
    return await usecases.set_visibility(command, tx, addresses)


@router.on(c.ChangePrediction)
async def change_prediction(command: c.ChangePrediction, tx: Tx, addresses: Addresses) -> c.Prediction:
    return await usecases.change(check_lengths(command), tx, addresses)


@router.on(c.DeletePrediction, http=204)
async def delete_prediction(command: c.DeletePrediction, tx: Tx) -> None:
    await usecases.delete(command, tx)


@router.on(c.ListCentroids)
async def list_centroids(query: c.ListCentroids, read: ReadTx) -> bytes:
    return await queries.list_centroids(query, read)


@router.on(c.GetPrediction)
async def get_prediction(query: c.GetPrediction, read: ReadTx, addresses: Addresses) -> c.Prediction:
    return await queries.get_prediction(query.prediction_id, query.public, read, addresses)


@router.on(c.ListPredictions)
async def list_predictions(query: c.ListPredictions, read: ReadTx, addresses: Addresses) -> Rows:
    return await queries.list_predictions(query, read, addresses)


@router.on(c.GetResult)
async def get_result(query: c.GetResult, read: ReadTx, addresses: Addresses) -> dict:
    return await queries.get_result(query.prediction_id, query.public, read, addresses)


@router.on(c.GetResultFile)
async def get_result_file(query: c.GetResultFile, read: ReadTx, addresses: Addresses) -> Link:
    key, storage = await queries.result_key(query, read), addresses.storage
    return Link(url=storage.presigned(key), expires_in=storage.settings.presigned_expiry)


@router.on(c.HeadResultFile)
async def head_result_file(query: c.HeadResultFile, read: ReadTx, addresses: Addresses) -> Stored:
    key = await queries.result_key(query, read)
    async with addresses.storage.anonymous_limit(read.actor):
        found = await addresses.storage.head(key)
    if found is None:
        raise NotFound("file_not_found", "There is no such file.")
    return Stored(
        size=found["ContentLength"], etag=found["ETag"], content_type=found["ContentType"],
        last_modified=found["LastModified"],
    )  # fmt: skip


@router.on(c.GetRunState)
async def get_run_state(query: c.GetRunState, read: ReadTx, server: PipelineServer) -> dict:
    return await pipeline_queries.get_run_state(query, read, server)


@router.on(c.GetRunLogs)
async def get_run_logs(query: c.GetRunLogs, read: ReadTx, server: PipelineServer) -> list:
    return await pipeline_queries.get_run_logs(query, read, server)


@router.on(GetUsage)
async def get_usage(query: GetUsage, read: ReadTx, quota: RunQuota) -> UsageReport:
    return await queries.get_usage(query, read, quota.usage)

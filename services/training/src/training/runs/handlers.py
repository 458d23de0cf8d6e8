import asyncio
from typing import Any

from contracts import training as c
from contracts.training.usage import GetUsage
from contracts.usage import UsageReport
from kit.messaging.router import Router
from kit.messaging.tx import ReadTx
from runs.pipeline_server import PipelineServer
from training.runs import pipeline_queries, queries, usecases
from training.runs.loss_chart import loss_chart
from training.runs.quota import Limits

router = Router("training")
router.on(c.ReportRun)(usecases.report_run)
router.on(c.ReportEpoch)(usecases.report_epoch)
router.on(c.CancelRun)(usecases.cancel_run)
router.on(c.RetryTraining, http=202)(usecases.retry_training)
router.on(c.DeleteTraining, http=204)(usecases.delete_training)
router.on(c.ListTrainings)(queries.list_trainings)
router.on(c.GetEpochs)(queries.get_epochs)
router.on(c.GetPublishable)(queries.get_publishable)


@router.on(c.GetChart)
async def get_chart(query: c.GetChart, read: ReadTx) -> str:
    epochs = await queries.get_epochs(c.GetEpochs(training_id=query.training_id), read)
    return await asyncio.to_thread(loss_chart, epochs)


@router.on(c.GetTraining)
async def get_training(query: c.GetTraining, read: ReadTx) -> bytes:
    return await queries.get_training(query.training_id, read)


@router.on(c.GetRunState)
async def get_run_state(query: c.GetRunState, read: ReadTx, server: PipelineServer) -> dict[str, Any]:
    return await pipeline_queries.get_run_state(query, read, server)


@router.on(c.GetRunLogs)
async def get_run_logs(query: c.GetRunLogs, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    return await pipeline_queries.get_run_logs(query, read, server)


@router.on(c.ListModelRuns)
async def list_model_runs(query: c.ListModelRuns, read: ReadTx, server: PipelineServer) -> list[dict[str, Any]]:
    return await pipeline_queries.list_model_runs(query, read, server)


@router.on(GetUsage)
async def get_usage(query: GetUsage, read: ReadTx, limits: Limits) -> UsageReport:
    return await queries.get_usage(query, read, limits.usage)

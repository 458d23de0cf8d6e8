"""A worker takes a prediction: nobody else is at it, and what an earlier worker left behind is put to use."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from sqlalchemy import func, select

from contracts.prediction import PredictionJob
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT
from kit.messaging.tx import Tx
from pipelines.port import Pipelines, RunState, RunStatus
from prediction.runs.tables import PredictionRow
from prediction.runs.transitions import LEASE, PREDICTIONS, is_settled
from runs.lifecycle import RunLifecycle

log = logging.getLogger("prediction.take")
WORKERS_DIED = "The worker of this prediction died several times."


async def claim(job: PredictionJob, ctx: JobContext, pipelines: Pipelines, limit: timedelta) -> PredictionRow | None:
    """The row as this worker now holds it, for `limit` at most; None when there is nothing (left) to do.

    A row that another worker holds is waited for until that worker would have lost it; if it is alive still, this
    delivery is a duplicate. PipelinesDown when it is unknown how far an earlier worker came.
    """
    seen = await _wait_until_free(job, ctx)
    if seen is None:
        return None
    left = await _earlier_run(seen, pipelines)
    async with ctx.tx() as tx:
        row = await PREDICTIONS.lock(job.prediction_id, tx)
        if row is None or row.attempt != seen.attempt or is_settled(row) or LEASE.is_held(row):
            return None
        _apply_claim(row, left, tx, limit)
        return None if is_settled(row) else row


async def region_of_run(prediction_id: int, ctx: JobContext) -> Any:
    async with ctx.read() as read:
        found = select(func.ST_AsBinary(PredictionRow.geom)).where(PredictionRow.id == prediction_id)
        return shapely.from_wkb(bytes((await read.session.scalars(found)).one()))


async def _wait_until_free(job: PredictionJob, ctx: JobContext) -> PredictionRow | None:
    until = datetime.now(UTC) + HEARTBEAT_TIMEOUT
    while True:
        async with ctx.read() as read:
            row = await read.session.get(PredictionRow, job.prediction_id)
        if row is None or is_settled(row) or job.attempt > row.attempt:
            return None
        if not LEASE.is_held(row):
            return row
        if datetime.now(UTC) > until:
            return None
        await asyncio.sleep(1)


async def _earlier_run(row: PredictionRow, pipelines: Pipelines) -> RunState | None:
    """The run of a worker that is gone, if the pipeline server knows it."""
    if row.started_at is None or row.status == "completed":
        return None
    return await pipelines.find_run(PREDICTIONS.run_name(row.id, row.attempt))


def _apply_claim(row: PredictionRow, left: RunState | None, tx: Tx, limit: timedelta) -> None:
    if row.started_at is not None and row.status != "completed":
        life = _resumed(PREDICTIONS.lifecycle(row), left)
        log.info("prediction.resumed", extra={"fields": {"prediction": row.id, "status": life.status}})
        PREDICTIONS.apply(row, life, tx, WORKERS_DIED)
    now = datetime.now(UTC)
    row.touched_at = now
    if row.started_at is None:
        row.started_at, row.due_at = now, now + limit


def _resumed(life: RunLifecycle, left: RunState | None) -> RunLifecycle:
    """A run that ended well is used. One in a cluster goes on and is followed. Any other died with its worker."""
    if left and left.status in (RunStatus.COMPLETED, RunStatus.CACHED):
        return life.reported(life.attempt, "completed", left.id)
    if left and not left.status.is_terminal and left.host is None:
        return life.reported(life.attempt, left.status, left.id)
    return life.lost()

"""What no worker will ever report: rows past their time, rows whose worker is gone, rows whose job was lost."""

import logging
import time
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update

import runs.reconciler
from contracts.prediction import PredictionJob
from kit.app import Service
from kit.messaging.tx import Tx
from prediction.runs.tables import OPEN
from prediction.runs.tables import PredictionRow as Row
from prediction.runs.transitions import LEASE, PREDICTIONS
from runs.pipeline_server import PipelineServer
from runs.run_counts import RunCounts

log = logging.getLogger("prediction.reconcile")
SILENCE_LIMIT = timedelta(seconds=60)
"""Longer than the stream takes to deliver a dead worker's job again."""
QUEUE_LIMIT = timedelta(minutes=10)
MAX_ABSENCE = 30.0
"""Seconds."""
BATCH = 50
_SILENT = and_(Row.started_at.is_not(None), Row.touched_at < func.now() - SILENCE_LIMIT)
_WAITING = and_(Row.started_at.is_(None), Row.touched_at < func.now() - QUEUE_LIMIT)
COUNTS = RunCounts(Row, OPEN)
OVERDUE = "It was not finished in time and was given up."
NO_WORKER = "No worker was free to take it."


class Reconciler(runs.reconciler.Reconciler):
    log, failure_event, counts = log, "reconcile.failed", COUNTS

    def __init__(self, server: PipelineServer, interval: float) -> None:
        super().__init__(interval, 4 * interval)
        self.server = server
        self.looked_at = time.monotonic()

    async def run_pass(self, service: Service) -> None:
        await self._excuse_absence(service)
        for run_id in await _give_up_overdue(service):
            await self.server.mark_failed(run_id, OVERDUE)
        await self._requeue_silent(service)

    async def _excuse_absence(self, service: Service) -> None:
        """While nobody could look, nothing could be done either: that time does not count against anyone."""
        now, before = time.monotonic(), self.looked_at
        absent = now - before - self.interval
        if absent > MAX_ABSENCE:
            async with service.tx() as tx:
                later = Row.due_at + func.make_interval(0, 0, 0, 0, 0, 0, absent)
                await tx.session.execute(update(Row).where(OPEN).values(due_at=later))
        self.looked_at = now

    async def _requeue_silent(self, service: Service) -> None:
        """The job goes onto the stream once more; whoever takes it finds out how far the row came."""
        async with service.tx() as tx:
            rows = await _locked(tx, or_(_SILENT, _WAITING))
            lost = self.silence.confirmed([(row.id, row.touched_at) for row in rows])
            for row in rows:
                if (row.id, row.touched_at) not in lost:
                    continue
                log.info("prediction.nudged", extra={"fields": {"prediction": row.id}})
                LEASE.let_go(row)
                tx.emit(PredictionJob(prediction_id=row.id, attempt=row.attempt, user_id=row.user_id))


async def _give_up_overdue(service: Service) -> list[str]:
    """Runs of the rows that were given up and that no living worker will end."""
    async with service.tx() as tx:
        rows = await _locked(tx, and_(Row.due_at < func.now(), Row.waiting.is_(None)))
        orphans = [row.run_id for row in rows if row.run_id and not LEASE.is_held(row)]
        for row in rows:
            PREDICTIONS.apply(row, PREDICTIONS.lifecycle(row).given_up(), tx, OVERDUE if row.started_at else NO_WORKER)
    return orphans


async def _locked(tx: Tx, condition: ColumnElement[bool]) -> list[Row]:
    """Rows that another replica is looking after are left to it."""
    wanted = select(Row).where(OPEN, condition).order_by(Row.due_at).limit(BATCH).with_for_update(skip_locked=True)
    return list((await tx.session.scalars(wanted)).all())

"""What no worker will ever report: rows past their time, rows whose worker is gone, rows whose job was lost."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

import psycopg
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.exc import SQLAlchemyError

from contracts.prediction import PredictionJob
from kit import metrics
from kit.app import Service
from kit.errors import DomainError
from kit.messaging.tx import Tx
from pipelines.states import Life
from prediction.pipeline_server import PipelineServer
from prediction.runs.life import LEASE, is_held, life_of, live
from prediction.runs.tables import PredictionRow as Row

log = logging.getLogger("prediction.reconcile")
SILENT_FOR = timedelta(seconds=60)
"""Longer than the stream takes to deliver a dead worker's job again."""
WAITING_FOR = timedelta(minutes=10)
BATCH = 50
OPEN = and_(Row.status.notin_(["failed", "stopped", "retried"]), ~Row.results_ready)
_COUNTS = select(Row.status, func.count()).where(OPEN).group_by(Row.status)
LATE = "It was not finished in time and was given up."
NO_WORKER = "No worker was free to take it."


class Reconciler:
    def __init__(self, service: Service, server: PipelineServer, interval: float) -> None:
        self.service, self.server, self.interval = service, server, interval

    async def run(self) -> None:
        """For ever: a look that fails is followed by the next."""
        while True:
            try:
                await self.look()
            except (psycopg.Error, SQLAlchemyError, DomainError, TimeoutError, OSError) as error:
                log.warning("reconcile.failed", extra={"facts": {"reason": repr(error)}})
            await asyncio.sleep(self.interval)

    async def look(self) -> None:
        await self._count()
        for run_id in await self._give_up_late():
            await self.server.bury(run_id, LATE)
        await self._nudge_silent()

    async def _count(self) -> None:
        async with self.service.db.session() as session:
            metrics.tell_runs(dict((await session.execute(_COUNTS)).tuples().all()))

    async def _give_up_late(self) -> list[str]:
        """Runs of the rows that were given up and that no living worker will end."""
        async with self.service.tx() as tx:
            rows = await _locked(tx, Row.due_at < func.now())
            orphans = [row.run_id for row in rows if row.run_id and not is_held(row)]
            for row in rows:
                live(row, _given_up(life_of(row)), tx, LATE if row.started_at else NO_WORKER)
        return orphans

    async def _nudge_silent(self) -> None:
        """The job goes onto the stream once more; whoever takes it finds out how far the row came."""
        silent = and_(Row.started_at.is_not(None), Row.touched_at < func.now() - SILENT_FOR)
        waiting = and_(Row.started_at.is_(None), Row.touched_at < func.now() - WAITING_FOR)
        async with self.service.tx() as tx:
            for row in await _locked(tx, or_(silent, waiting)):
                log.info("prediction.nudged", extra={"facts": {"prediction": row.id}})
                row.touched_at = datetime.now(UTC) - LEASE
                tx.emit(PredictionJob(prediction_id=row.id, attempt=row.attempt, user_id=row.user_id))


def _given_up(life: Life) -> Life:
    return life.contradicted() if life.status == "completed" else life.hear(life.attempt, "failed")


async def _locked(tx: Tx, condition: ColumnElement[bool]) -> list[Row]:
    """Rows that another replica is looking after are left to it."""
    wanted = select(Row).where(OPEN, condition).order_by(Row.due_at).limit(BATCH).with_for_update(skip_locked=True)
    return list((await tx.session.scalars(wanted)).all())

"""The reconciler: repairs what workers could not tell, because they or a neighbour were gone.

Every round it asks the pipeline server for each active run; while that is down it asks less and less often, but goes
on with what needs no answer: deadlines, lost jobs, stops. It never gives up because a round failed. Two of them at
once do no harm, as every write locks its row and goes through `Life`.
"""

import asyncio
import logging
import random

from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from contracts.streams import JOBS, durable
from contracts.training import ReportRun
from kit import metrics
from kit.app import Service
from pipelines import reasons
from pipelines.port import Pipelines, PipelinesDown, PipelinesError, RunState, RunStatus
from training.runs import usecases
from training.runs.active import Active, active, counts, polled
from training.runs.closing import close
from training.runs.life import run_name
from training.server import PipelineServer
from training.settings import Settings

log = logging.getLogger("training.watch")
MOST_ROUNDS_UNASKED = 10


class Reconciler:
    def __init__(self, settings: Settings, server: PipelineServer) -> None:
        self.settings, self.server = settings, server
        self._failures = 0
        self._unasked = 0

    async def run(self, service: Service) -> None:
        """A loop of the service, for ever."""
        while True:
            await asyncio.sleep(self.settings.sync_interval * random.uniform(0.9, 1.1))
            try:
                await self._round(service)
            except Exception:
                log.exception("reconciler.failed")

    async def _round(self, service: Service) -> None:
        """After the n-th failure in a row the pipeline server is left alone for 2ⁿ-1 rounds, at most for ten."""
        ask = self._unasked == 0
        self._unasked -= 0 if ask else 1
        well = await Round(self.settings, self.server.pipelines, service, ask).run()
        if ask:
            self._failures = 0 if well else self._failures + 1
            self._unasked = min(2**self._failures - 1, MOST_ROUNDS_UNASKED)


class Round:
    """One look at all active trainings."""

    def __init__(self, settings: Settings, pipelines: Pipelines, service: Service, ask: bool = True) -> None:
        self.settings, self.pipelines, self.service, self.ask = settings, pipelines, service, ask

    async def run(self) -> bool:
        """False when the pipeline server did not answer; what needs no answer from it is done all the same."""
        metrics.tell_runs(await counts(self.service.db))
        rows = await active(self.service.db, self.settings.silence)
        answers = await self._poll_all(rows)
        idle = any(row.silent for row in rows) and await self._no_job_waits()
        for row, state in zip(rows, answers, strict=True):
            await self._repair(row, state if isinstance(state, RunState) else None, idle)
        return not any(isinstance(state, PipelinesDown) for state in answers)

    async def _poll_all(self, rows: list[Active]) -> list[RunState | PipelinesError | None]:
        """Once the server is down the rest is not asked for."""
        answers: list[RunState | PipelinesError | None] = []
        for row in rows:
            down = bool(answers) and isinstance(answers[-1], PipelinesDown)
            answers.append(answers[-1] if down else await self._poll(row))
        return answers

    async def _poll(self, row: Active) -> RunState | PipelinesError | None:
        """By id, or by name while a dead worker may have kept the id to itself."""
        if not self.ask or not (row.zenml_run_id or row.started):
            return None
        try:
            name = run_name(row.id, row.attempt)
            known = row.zenml_run_id
            state = await (self.pipelines.state(known) if known else self.pipelines.find_run(name))
        except PipelinesError as error:
            log.warning("run.not_polled", extra={"facts": {"training_id": row.id, "reason": str(error)}})
            return error
        await polled(row.id, self.service.db)
        return state

    async def _repair(self, row: Active, state: RunState | None, idle: bool) -> None:
        if row.overdue:
            await self._end_overdue(row, state)
        elif state and not state.status.is_terminal:
            await self._hear(row, state)
        if row.silent and not row.overdue:
            await self._look_after(row, state, idle)

    async def _hear(self, row: Active, state: RunState) -> None:
        """Ends are left to the worker, which also knows what the run has made."""
        async with self.service.tx() as tx:
            await usecases.record(_report(row, state.status, state.id), tx)

    async def _look_after(self, row: Active, state: RunState | None, idle: bool) -> None:
        """Nobody has given a sign of life for the run."""
        if state and state.status in (RunStatus.FAILED, RunStatus.STOPPED):
            async with self.service.tx() as tx:
                await usecases.record(_report(row, state.status, state.id, state.reason or reasons.LOST), tx)
        elif row.status == "stopping":
            await self._close(state, RunStatus.STOPPED, reasons.STOPPED)
            async with self.service.tx() as tx:
                await usecases.end_stopping(row.id, row.attempt, tx)
        elif idle:
            async with self.service.tx() as tx:
                await usecases.requeue(row.id, row.attempt, tx)

    async def _end_overdue(self, row: Active, state: RunState | None) -> None:
        """The row decides: a worker that still runs it sees that it is over and ends its process."""
        reason = f"It took longer than the {self.settings.deadline / 3600:g} hours that a training may take."
        async with self.service.tx() as tx:
            await usecases.record(_report(row, "failed", state.id if state else None, reason), tx)
        if row.silent:
            await self._close(state, RunStatus.FAILED, reason)

    async def _close(self, state: RunState | None, status: RunStatus, reason: str) -> None:
        try:
            await close(state, status, reason, self.pipelines)
        except PipelinesError as error:
            log.warning("run.not_closed", extra={"facts": {"status": status, "reason": str(error)}})

    async def _no_job_waits(self) -> bool:
        """Whether all jobs have been given to workers. False when the bus does not tell."""
        try:
            info = await self.service.nc.jetstream(timeout=5).consumer_info(JOBS.name, durable("training", "jobs"))
        except (NatsError, JetStreamError, TimeoutError, OSError):
            return False
        return not info.num_pending


def _report(row: Active, status: str, run_id: str | None, reason: str = "") -> ReportRun:
    return ReportRun(training_id=row.id, attempt=row.attempt, status=status, run_id=run_id, reason=reason)

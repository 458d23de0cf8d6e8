"""The reconciler: repairs what workers could not tell, because they or a server were gone.

Every pass it asks the pipeline server for each active run; while that is down it asks less and less often, but goes
on with what needs no answer: deadlines, lost jobs, stops. It never gives up because a pass failed.
"""

import logging
from dataclasses import replace

import runs.reconciler
from kit.app import Service
from kit.jobs.reaper import SilentRows, no_job_waits
from pipelines import failure_messages
from pipelines.port import Pipelines, PipelinesDown, PipelinesError, RunState, RunStatus
from runs.lifecycle import RunLifecycle
from runs.pipeline_server import PipelineServer, close_pipeline_run
from training.runs import usecases
from training.runs.jobs.active_runs import COUNTS, ActiveRun, list_active, mark_polled
from training.runs.transitions import TRAININGS
from training.settings import Settings

log = logging.getLogger("training.watch")
MAX_PASSES_SKIPPED = 10


class Reconciler(runs.reconciler.Reconciler):
    log, failure_event, counts = log, "reconciler.failed", COUNTS

    def __init__(self, settings: Settings, server: PipelineServer) -> None:
        super().__init__(settings.sync_interval, settings.silence)
        self.settings, self.server = settings, server
        self._failures = 0
        self._unasked = 0

    async def run_pass(self, service: Service) -> None:
        """After the n-th failure in a row the pipeline server is left alone for 2ⁿ-1 passes, at most for ten."""
        ask = self._unasked == 0
        self._unasked -= 0 if ask else 1
        well = await Pass(self.settings, self.server.pipelines, service, self.silence, ask).run()
        if ask:
            self._failures = 0 if well else self._failures + 1
            self._unasked = min(2**self._failures - 1, MAX_PASSES_SKIPPED)


class Pass:
    """One look at all active trainings."""

    def __init__(
        self, settings: Settings, pipelines: Pipelines, service: Service, silence: SilentRows, ask: bool = True
    ) -> None:
        self.settings, self.pipelines, self.service, self.ask = settings, pipelines, service, ask
        self.silence = silence

    async def run(self) -> bool:
        """False when the pipeline server did not answer; what needs no answer from it is done all the same."""
        rows = self._confirmed(await list_active(self.service.db, self.settings.silence))
        answers = await self._poll_all(rows)
        idle = any(row.silent for row in rows) and await no_job_waits(self.service, "interactive")
        for row, state in zip(rows, answers, strict=True):
            await self._repair(row, state if isinstance(state, RunState) else None, idle)
        return not any(isinstance(state, PipelinesDown) for state in answers)

    def _confirmed(self, rows: list[ActiveRun]) -> list[ActiveRun]:
        """Silent are those that were so at an earlier look."""
        lost = self.silence.confirmed([(row.id, row.seen) for row in rows if row.silent])
        return [replace(row, silent=(row.id, row.seen) in lost) for row in rows]

    async def _poll_all(self, rows: list[ActiveRun]) -> list[RunState | PipelinesError | None]:
        """Once the server is down the rest is not asked for."""
        answers: list[RunState | PipelinesError | None] = []
        for row in rows:
            down = bool(answers) and isinstance(answers[-1], PipelinesDown)
            answers.append(answers[-1] if down else await self._poll(row))
        return answers

    async def _poll(self, row: ActiveRun) -> RunState | PipelinesError | None:
        """By id, or by name while a dead worker may have kept the id to itself."""
        if not self.ask or not (row.zenml_run_id or row.started):
            return None
        try:
            name = TRAININGS.run_name(row.id, row.attempt)
            known = row.zenml_run_id
            state = await (self.pipelines.state(known) if known else self.pipelines.find_run(name))
        except PipelinesError as error:
            log.warning("run.not_polled", extra={"fields": {"training_id": row.id, "reason": str(error)}})
            return error
        await mark_polled(row.id, self.service.db)
        return state

    async def _repair(self, row: ActiveRun, state: RunState | None, idle: bool) -> None:
        if row.overdue:
            await self._end_overdue(row, state)
        elif state and not state.status.is_terminal:
            await self._apply_report(row, state)
        if row.silent and not row.overdue:
            await self._look_after(row, state, idle)

    async def _apply_report(self, row: ActiveRun, state: RunState) -> None:
        """Ends are left to the worker, which also knows what the run has made."""
        async with self.service.tx() as tx:
            await TRAININGS.report(row.id, row.attempt, tx, state.status, state.id)

    async def _look_after(self, row: ActiveRun, state: RunState | None, idle: bool) -> None:
        """Nobody has given a sign of life for the run."""
        if state and state.status in (RunStatus.FAILED, RunStatus.STOPPED):
            async with self.service.tx() as tx:
                reason = state.reason or failure_messages.LOST
                await TRAININGS.report(row.id, row.attempt, tx, state.status, state.id, reason)
        elif row.status == "stopping":
            await self._close(state, RunStatus.STOPPED, failure_messages.STOPPED)
            async with self.service.tx() as tx:
                await TRAININGS.change(row.id, row.attempt, tx, RunLifecycle.lost)
        elif idle:
            async with self.service.tx() as tx:
                await usecases.requeue(row.id, row.attempt, tx)

    async def _end_overdue(self, row: ActiveRun, state: RunState | None) -> None:
        """The row decides: a worker that still runs it sees that it is over and ends its process."""
        reason = f"It took longer than the {self.settings.deadline / 3600:g} hours that a training may take."
        async with self.service.tx() as tx:
            await TRAININGS.report(row.id, row.attempt, tx, "failed", state.id if state else None, reason)
        if row.silent:
            await self._close(state, RunStatus.FAILED, reason)

    async def _close(self, state: RunState | None, status: RunStatus, reason: str) -> None:
        try:
            await close_pipeline_run(state, status, reason, self.pipelines)
        except PipelinesError as error:
            log.warning("run.not_closed", extra={"fields": {"status": status, "reason": str(error)}})

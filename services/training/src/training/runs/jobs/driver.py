"""One attempt of a training, from the job to its end on record.

Whoever loses the row (a newer attempt, a final state) stops the process and records nothing. A worker that is killed
leaves a job that is delivered again: then the run is looked up by its name and followed, ended or replaced.
"""

import asyncio
import socket
from functools import partial

from contracts.training import TrainingJob
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from kit.outages import describe_outage, is_outage
from pipelines import failure_messages
from pipelines.outcome import RunOutcome
from pipelines.port import RunSpec, RunState, RunStatus
from pipelines.process_usage import ProcessUsage
from pipelines.run_process import RunProcess
from runs.driver import StopRequest, follow
from runs.heartbeat import LOOK_INTERVAL, LeaseLost
from runs.held_run import HeldRun
from runs.lifecycle import RunLifecycle
from runs.pipeline_server import close_pipeline_run
from runs.usage_records import Account, Entry, recorded
from training.runs import usecases
from training.runs.jobs.claim import Claim, claim
from training.runs.jobs.context import WorkerContext
from training.runs.jobs.report_handler import ReportHandler
from training.runs.jobs.retry import retry_outage
from training.runs.jobs.run_spec import spec_of
from training.runs.tables import UsageRow
from training.runs.transitions import LEASE, TRAININGS

LOOKS_PER_HEARTBEAT = 5
UNEXPECTED = "Something went wrong on our side"


async def drive(job: TrainingJob, ctx: JobContext, context: WorkerContext) -> None:
    claimed = await claim(job, context.settings.deadline, ctx.db)
    if claimed:
        await RunDriver(job, ctx, context, claimed).run()


class RunDriver:
    def __init__(self, job: TrainingJob, ctx: JobContext, context: WorkerContext, claimed: Claim) -> None:
        self.job, self.ctx, self.context, self.claim = job, ctx, context, claimed
        self.held = HeldRun(TRAININGS, LEASE, job.training_id, job.attempt, ctx)
        self.reports = ReportHandler(job, self.held, int(claimed.hyperparameters.get("epochs", 0)))
        self.account = Account(UsageRow, job.training_id, job.attempt, job.user_id)
        self.let_go = asyncio.Event()
        self.stop_request = StopRequest()

    async def run(self) -> None:
        await self.reports.hint("progress", {"stage": "started", "attempt": self.job.attempt})
        try:
            if self.claim.status == "stopping":
                await self._stop_what_is_left()
            elif not (self.claim.orphaned and await self._died_elsewhere()):
                await self._work()
        except BaseException as error:
            if self.ctx.gives_up(error):
                await self.held.report("failed", None, UNEXPECTED)
            else:
                await asyncio.shield(self.held.release())
            raise

    async def _work(self) -> None:
        async with self.context.run(self._spec()) as child, asyncio.TaskGroup() as group:
            guards = [group.create_task(it) for it in (self._watch(child, group), self._closing(child, group))]
            async with recorded(child, partial(self._write_usage, self.account.process())):
                outcome = await follow(child, self.reports.handle)
            await self._conclude(outcome)
            for task in guards:
                task.cancel()

    def _spec(self) -> RunSpec:
        return spec_of(self.held.name, self.claim, self.context.settings, self.job.user_id)

    async def _write_usage(self, entry: Entry, usage: ProcessUsage, stored_bytes: int = 0) -> None:
        async def write(tx: Tx) -> None:
            entry.write(usage, tx, stored_bytes)

        await self.ctx.write(write)

    async def _conclude(self, end: RunOutcome) -> None:
        if end.status == "completed" and end.run_id:
            await self._complete(end.run_id)
        elif self.ctx.closing.is_set():
            await self._lose(handed_over=True)
        elif end.cause == "server":
            was_away = await self._servers_are_back()
            await self._lose(end.reason, handed_over=was_away)
        elif end.reason == failure_messages.LOST:
            await self._lose(failure_messages.LOST)
        else:
            await self.held.report(end.status, end.run_id, end.reason)

    async def _complete(self, run_id: str) -> None:
        from training.runs.jobs.outcome import UnreadableOutput, collect_outcome

        chips = self.claim.chip_count
        try:
            outcome = await retry_outage(
                lambda: collect_outcome(run_id, self.context.pipelines, self.context.storage, chips), self._waits
            )
        except UnreadableOutput as problem:
            await self.held.report("failed", run_id, str(problem))
        else:
            await self._write_stored(outcome["artifacts"])
            await self.held.report("completed", run_id, outcome=outcome)

    async def _write_stored(self, artifacts: dict[str, str]) -> None:
        storage, entry = self.context.storage, self.account.part("models")
        sizes = await retry_outage(lambda: asyncio.gather(*map(storage.size_from, artifacts.values())), self._waits)
        await self._write_usage(entry, ProcessUsage(), sum(sizes))

    async def _lose(self, reason: str = "", handed_over: bool = False) -> None:
        await self.held.move(RunLifecycle.handed_over if handed_over else RunLifecycle.lost, reason)

    async def _waits(self, error: BaseException) -> None:
        reason = describe_outage(error)
        await self.ctx.write(lambda tx: usecases.record_wait(self.job.training_id, self.job.attempt, reason, tx))

    async def _watch(self, child: RunProcess, group: asyncio.TaskGroup) -> None:
        """Sends heartbeats and obeys the row."""

        async def stop(graceful: bool) -> None:
            self._stop(child, group, graceful)

        try:
            await self.held.keep(stop, LOOKS_PER_HEARTBEAT)
        except LeaseLost:
            self._let_go(child, group)

    async def _closing(self, child: RunProcess, group: asyncio.TaskGroup) -> None:
        await self.ctx.closing.wait()
        self._let_go(child, group)

    def _let_go(self, child: RunProcess, group: asyncio.TaskGroup) -> None:
        self._stop(child, group, graceful=False)
        self.let_go.set()

    def _stop(self, child: RunProcess, group: asyncio.TaskGroup, graceful: bool) -> None:
        if self.stop_request.escalate(graceful):
            group.create_task(child.cancel(graceful))

    async def _servers_are_back(self) -> bool:
        """Whether the pipeline server or the object store was away. Once both answer the record of the dead run is put
        right. Ends early when nobody waits for the run any more."""
        was_away = False
        while not self.let_go.is_set() and not self.stop_request.is_made:
            try:
                await self.context.storage.check()
                await self._close(await self.context.pipelines.find_run(self.held.name), RunStatus.FAILED)
                break
            except Exception as error:
                if not is_outage(error):
                    raise
                was_away = True
                await self._waits(error)
            await asyncio.sleep(LOOK_INTERVAL)
        return was_away

    async def _died_elsewhere(self) -> bool:
        """Steps on the machine of a worker that is gone. Those on ours are looked after by the child's own lock."""
        run = await self.context.pipelines.find_run(self.held.name)
        if run is None or run.status.is_terminal or run.host in (None, socket.gethostname()):
            return False
        await self._close(run, RunStatus.FAILED)
        await self._lose(failure_messages.LOST)
        return True

    async def _stop_what_is_left(self) -> None:
        await self._close(await self.context.pipelines.find_run(self.held.name), RunStatus.STOPPED)
        await self.held.report("stopped")

    async def _close(self, run: RunState | None, status: RunStatus) -> None:
        await close_pipeline_run(run, status, failure_messages.LOST, self.context.pipelines)

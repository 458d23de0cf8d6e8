"""One delivery of a prediction's job, from the imagery to the results.

Three stages, each of which finds what an earlier delivery has done already. A stage that cannot succeed raises
`RunFailed`; anything else that goes wrong brings the job back, until the last delivery makes it a failure too.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from contracts.prediction import CleanUpJob, PredictionJob, PredictionOutcome, PredictionReady
from contracts.shared import Outcome
from kit.jobs.context import JobContext
from kit.messaging.delivery.failures import WorkerShutdown
from kit.messaging.tx import Tx
from kit.outages import describe_outage, is_outage
from pipelines.process_usage import ProcessUsage
from pipelines.run_process import RunProcess
from prediction.runs.jobs import pipeline_run, staging
from prediction.runs.jobs.claim import claim, region_of_run
from prediction.runs.jobs.context import WorkerContext
from prediction.runs.jobs.errors import RetryLater, RunFailed, RunInterrupted
from prediction.runs.jobs.progress import ProgressReporter
from prediction.runs.jobs.publish_results import PublishedResults, publish_results
from prediction.runs.jobs.work_dir_cleanup import clean_work_dir
from prediction.runs.tables import PredictionRow, UsageRow
from prediction.runs.transitions import LEASE, PREDICTIONS, event_fields, record_wait
from runs.driver import StopRequest
from runs.heartbeat import LeaseLost
from runs.held_run import HeldRun
from runs.usage_records import Account, Entry

log = logging.getLogger("prediction.drive")
OUR_FAULT = "Something went wrong on our side; the prediction can be tried again."


class Stopped(Exception):
    """Stopped on request while no run was there to be stopped."""


async def drive(job: PredictionJob, ctx: JobContext, context: WorkerContext) -> None:
    row = await claim(job, ctx, context.server.pipelines, timedelta(seconds=context.deadline))
    if row:
        await RunDriver(row, ctx, context).run()
        await asyncio.to_thread(clean_work_dir, context.work_dir)


@dataclass
class RunDriver:
    row: PredictionRow
    ctx: JobContext
    context: WorkerContext
    child: RunProcess | None = None
    cancelling: asyncio.Task | None = None
    stop_request: StopRequest = field(default_factory=StopRequest)
    progress: ProgressReporter = field(init=False)
    held: HeldRun[PredictionRow] = field(init=False)
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.progress = ProgressReporter(self.row, self.ctx)
        self.held = HeldRun(PREDICTIONS, LEASE, self.row.id, self.row.attempt, self.ctx)
        self.account = Account(UsageRow, self.row.id, self.row.attempt, self.row.user_id)

    async def run(self) -> None:
        try:
            await self._watched()
        except LeaseLost:
            log.info("prediction.gone", extra={"fields": {"prediction": self.row.id, "attempt": self.row.attempt}})
        except Stopped:
            await self.record_status("stopped")
        except RunFailed as failure:
            await self._fail(str(failure))
        except (WorkerShutdown, asyncio.CancelledError):
            await asyncio.shield(self._hand_over())
            raise
        except RunInterrupted as problem:
            await self._begin_anew(problem)
        except Exception as error:
            await self._retry_or_fail(error)
            raise

    async def _watched(self) -> None:
        """The stages, until they end, the watch does, or the worker is to end."""
        stages = asyncio.create_task(self._stages())
        guards = {asyncio.create_task(it) for it in (self.held.keep(self._stop), self._closing())}
        voice = asyncio.create_task(self.progress.repeat())
        try:
            done, _ = await asyncio.wait({stages, *guards}, return_when=asyncio.FIRST_COMPLETED)
            await (stages if stages in done else done.pop())
        finally:
            for task in filter(None, (stages, *guards, voice, self.cancelling)):
                task.cancel()
            await asyncio.gather(stages, *guards, voice, return_exceptions=True)

    async def _closing(self) -> None:
        await self.ctx.closing.wait()
        raise WorkerShutdown

    async def _stages(self) -> None:
        area = await region_of_run(self.row.id, self.ctx)
        if self.row.status != "completed":
            tiles = await staging.stage(
                self.row, area, self.context, self.progress, self.ctx.is_last_attempt, self._waits
            )
            await self._note(tiles)
            if not await pipeline_run.infer(self, tiles.done):
                return
        await self._record(await publish_results(self.row, area, self.context, self.progress, self._waits))

    async def _note(self, tiles: Outcome) -> None:
        """For whoever makes the results, which may be another worker."""

        def written(row: PredictionRow, _: Tx) -> None:
            row.outcome = {"tiles": tiles.model_dump(mode="json")}

        await self.held.write(written)

    async def _stop(self, graceful: bool) -> None:
        if self.child is None:
            raise Stopped
        if self.stop_request.escalate(graceful):
            self.cancelling = asyncio.create_task(self.child.cancel(graceful))

    async def record_status(self, status: str, run_id: str | None = None, reason: str = "") -> None:
        """What is known of the run goes into the row; nothing changes when the row is another's by now."""

        def written(row: PredictionRow, tx: Tx) -> None:
            PREDICTIONS.apply(row, PREDICTIONS.lifecycle(row).reported(row.attempt, status, run_id), tx, reason)
            row.last_polled_at = datetime.now(UTC)
            self.row.status, self.row.run_id = row.status, row.run_id

        await self.held.write(written)

    async def write_usage(self, entry: Entry, usage: ProcessUsage) -> None:
        async def write(tx: Tx) -> None:
            entry.write(usage, tx)

        await self.ctx.write(write)

    async def _record(self, results: PublishedResults) -> None:
        """`results_ready`, once, whoever else was at it."""
        features = results.outcome

        def written(row: PredictionRow, tx: Tx) -> None:
            if row.status != "completed" or row.results_ready:
                return
            row.results_ready, row.waiting, row.last_polled_at = True, None, datetime.now(UTC)
            row.feature_count, row.has_pmtiles = features.done, features.done > 0
            outcome = _outcome(row, features)
            row.outcome = outcome and outcome.model_dump(mode="json")
            ready = PredictionReady(
                **event_fields(row), feature_count=features.done, tile_count=row.tile_count or 0, outcome=outcome
            )
            tx.emit(ready)
            self.account.part("results").write(results.usage, tx, results.stored_bytes)
            tx.emit(CleanUpJob(prediction_id=row.id, attempt=row.attempt))

        await self.held.write(written)

    async def _fail(self, reason: str) -> None:
        """Also after `completed`, when the output breaks what the model promised."""

        def written(row: PredictionRow, tx: Tx) -> None:
            if not row.results_ready:
                PREDICTIONS.apply(row, PREDICTIONS.lifecycle(row).given_up(), tx, reason)

        await self.held.write(written)

    async def _waits(self, error: BaseException) -> None:
        if is_outage(error):
            await self.ctx.write(lambda tx: record_wait(self.row.id, describe_outage(error), tx))

    async def _begin_anew(self, problem: RunInterrupted) -> None:
        """Later, which costs nothing where a server of ours is away still."""
        try:
            await self.context.check(self.held.name)
        except Exception as error:
            if is_outage(error):
                await self._hand_over()
            raise
        later = RetryLater(str(problem))
        await self._retry_or_fail(later)
        raise later

    async def _retry_or_fail(self, error: Exception) -> None:
        if self.ctx.gives_up(error):
            await self._fail(str(error) if isinstance(error, RetryLater) else OUR_FAULT)
        else:
            await self.held.write(lambda row, _: LEASE.let_go(row))

    async def _hand_over(self) -> None:
        """This worker shuts down in good order; the next one begins at once."""

        def written(row: PredictionRow, tx: Tx) -> None:
            PREDICTIONS.apply(row, PREDICTIONS.lifecycle(row).handed_over(), tx)
            LEASE.let_go(row)

        await self.held.write(written)


def _outcome(row: PredictionRow, features: Outcome) -> PredictionOutcome | None:
    """None for a run whose imagery was staged before tiles were counted."""
    tiles = (row.outcome or {}).get("tiles")
    return PredictionOutcome(tiles=Outcome.model_validate(tiles), features=features) if tiles else None

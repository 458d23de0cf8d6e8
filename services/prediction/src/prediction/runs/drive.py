"""One delivery of a prediction's job, from the imagery to the results.

Three stages, each of which finds what an earlier delivery has done already. A stage that cannot succeed raises
`Failed`; anything else that goes wrong brings the job back, until the last delivery makes it a failure too.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from contracts.prediction import CleanUpJob, PredictionJob, PredictionReady
from kit.jobs import Closing, JobContext
from pipelines.driver import RunChild
from prediction.results.publish import Output, publish
from prediction.runs import inference, staging
from prediction.runs.life import LEASE, life_of, live
from prediction.runs.ports import Failed, Later, Tools
from prediction.runs.tables import PredictionRow
from prediction.runs.take import locked, region, take
from prediction.runs.teller import Teller
from prediction.runs.tidy import tidy
from prediction.runs.watch import Gone, watch

log = logging.getLogger("prediction.drive")
OUR_FAULT = "Something went wrong on our side; the prediction can be tried again."


class Stopped(Exception):
    """Stopped on request while no run was there to be stopped."""


async def drive(job: PredictionJob, ctx: JobContext, tools: Tools) -> None:
    row = await take(job, ctx, tools.server.pipelines, timedelta(seconds=tools.deadline))
    if row:
        await Drive(row, ctx, tools).run()
        await asyncio.to_thread(tidy, tools.work_dir)


@dataclass
class Drive:
    row: PredictionRow
    ctx: JobContext
    tools: Tools
    child: RunChild | None = None
    cancelling: asyncio.Task | None = None
    patient: bool = False
    """the run was asked to stop after its step"""
    progress: Teller = field(init=False)

    def __post_init__(self) -> None:
        self.progress = Teller(self.row, self.ctx)

    async def run(self) -> None:
        try:
            await self._watched()
        except Gone:
            log.info("prediction.gone", extra={"facts": {"prediction": self.row.id, "attempt": self.row.attempt}})
        except Stopped:
            await self.hear("stopped")
        except Failed as failure:
            await self._fail(str(failure))
        except (Closing, asyncio.CancelledError):
            await asyncio.shield(self._hand_over())
            raise
        except Exception as error:
            await self._retry_or_fail(error)
            raise

    async def _watched(self) -> None:
        """The stages, until they end, the watch does, or the worker is to end."""
        stages = asyncio.create_task(self._stages())
        guards = {asyncio.create_task(it) for it in (watch(self.row, self.ctx.db, self._stop), self._closing())}
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
        raise Closing

    async def _stages(self) -> None:
        place = await region(self.row.id, self.ctx)
        if self.row.status != "completed":
            tiles = await staging.stage(self.row, place, self.tools, self.progress)
            if not await inference.infer(self, tiles):
                return
        await self._record(await publish(self.row, place, self.tools, self.progress))

    async def _stop(self, graceful: bool) -> None:
        """A second, impatient request overrules a patient one."""
        if self.child is None:
            raise Stopped
        if self.cancelling is None or (self.patient and not graceful):
            self.patient = graceful
            self.cancelling = asyncio.create_task(self.child.cancel(graceful))

    async def hear(self, status: str, run_id: str | None = None, reason: str = "") -> None:
        """What is known of the run goes into the row; nothing changes when the row is another's by now."""
        async with self.ctx.tx() as tx:
            row = await locked(self.row.id, tx)
            if row is None or row.attempt != self.row.attempt:
                return
            live(row, life_of(row).hear(row.attempt, status, run_id), tx, reason)
            row.last_polled_at = datetime.now(UTC)
            self.row.status, self.row.run_id = row.status, row.run_id

    async def _record(self, output: Output) -> None:
        """`results_ready`, once, whoever else was at it."""
        async with self.ctx.tx() as tx:
            row = await locked(self.row.id, tx)
            if row is None or row.attempt != self.row.attempt or row.status != "completed" or row.results_ready:
                return
            row.results_ready, row.last_polled_at = True, datetime.now(UTC)
            row.feature_count, row.has_pmtiles = output.feature_count, output.has_pmtiles
            fact = {"prediction_id": row.id, "user_id": row.user_id, "model_stac_id": row.model_stac_id}
            tx.emit(PredictionReady(**fact, feature_count=output.feature_count, tile_count=row.tile_count or 0))
            tx.emit(CleanUpJob(prediction_id=row.id, attempt=row.attempt))

    async def _fail(self, reason: str) -> None:
        """Also after `completed`, when the output breaks what the model promised."""
        async with self.ctx.tx() as tx:
            row = await locked(self.row.id, tx)
            if row is None or row.attempt != self.row.attempt or row.results_ready:
                return
            life = life_of(row)
            live(row, life.contradicted() if life.is_terminal else life.hear(row.attempt, "failed"), tx, reason)

    async def _retry_or_fail(self, error: Exception) -> None:
        if self.ctx.last:
            await self._fail(str(error) if isinstance(error, Later) else OUR_FAULT)
        else:
            await self._let_go()

    async def _let_go(self) -> None:
        async with self.ctx.tx() as tx:
            row = await locked(self.row.id, tx)
            if row and row.attempt == self.row.attempt:
                row.touched_at = datetime.now(UTC) - LEASE

    async def _hand_over(self) -> None:
        """This worker shuts down in good order; the next one begins at once."""
        async with self.ctx.tx() as tx:
            row = await locked(self.row.id, tx)
            if row is None or row.attempt != self.row.attempt:
                return
            live(row, life_of(row).handed_over(), tx)
            row.touched_at = datetime.now(UTC) - LEASE

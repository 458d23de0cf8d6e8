"""One attempt of a training, from the job to its end on record.

Whoever loses the row (a newer attempt, a final state) stops the process and records nothing. A worker that is killed
leaves a job that is delivered again: then the run is looked up by its name and followed, ended or replaced.
"""

import asyncio
import socket
from contextlib import suppress
from itertools import count
from typing import Any

from contracts.training import TrainingJob
from kit.jobs import JobContext
from pipelines import reasons
from pipelines.driver import RunChild
from pipelines.end import End
from pipelines.port import PipelinesDown, RunSpec, RunState, RunStatus
from training.runs import usecases
from training.runs.closing import close
from training.runs.life import run_name
from training.work.bench import Bench
from training.work.claim import Claim, look, take
from training.work.listen import Listener
from training.work.patience import CURED_BY_TIME, patient
from training.work.spec import spec_of

LOOK_EVERY = 1.0
BEAT_EVERY = 5
"""Looks between two signs of life."""
UNEXPECTED = "Something went wrong on our side"


async def drive(job: TrainingJob, ctx: JobContext, bench: Bench) -> None:
    claim = await take(job, bench.settings.deadline, ctx.db)
    if claim is None:
        return
    await Drive(job, ctx, bench, claim).run()


class Drive:
    def __init__(self, job: TrainingJob, ctx: JobContext, bench: Bench, claim: Claim) -> None:
        self.job, self.ctx, self.bench, self.claim = job, ctx, bench, claim
        self.name = run_name(job.training_id, job.attempt)
        self.listener = Listener(job, ctx, int(claim.hyperparameters.get("epochs", 0)))
        self.let_go = asyncio.Event()
        self._asked: bool | None = None
        """How the child was last asked to stop: gracefully or not."""

    async def run(self) -> None:
        await self.listener.hint("progress", {"stage": "started", "attempt": self.job.attempt})
        try:
            if self.claim.status == "stopping":
                await self._stop_what_is_left()
            elif not (self.claim.orphaned and await self._died_elsewhere()):
                await self._work()
        except Exception as error:
            if self.ctx.last and not isinstance(error, CURED_BY_TIME):
                await self.listener.status("failed", None, UNEXPECTED)
            raise

    async def _work(self) -> None:
        async with self.bench.run(self._spec()) as child, asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(child, group))
            async for report in child.reports():
                await self.listener.hear(report)
            await self._conclude(await child.wait())
            watch.cancel()

    def _spec(self) -> RunSpec:
        return spec_of(self.name, self.claim, self.bench.settings, self.job.user_id)

    async def _conclude(self, end: End) -> None:
        if end.status == "completed" and end.run_id:
            outcome = await self._outcome(end.run_id)
            await self.listener.status("completed", end.run_id, outcome=outcome)
        elif self.ctx.closing.is_set():
            await self._lose(handed_over=True)
        elif end.cause == "server":
            await self._server_is_back()
            await self._lose(reasons.UNREACHABLE)
        elif end.reason == reasons.LOST:
            await self._lose(reasons.LOST)
        else:
            await self.listener.status(end.status, end.run_id, end.reason)

    async def _outcome(self, run_id: str) -> dict[str, Any]:
        from training.work.outcome import collect

        return await patient(lambda: collect(run_id, self.bench.pipelines, self.bench.storage))

    async def _lose(self, reason: str = "", handed_over: bool = False) -> None:
        async def write() -> None:
            async with self.ctx.tx() as tx:
                await usecases.lose(self.job.training_id, self.job.attempt, tx, reason, handed_over)

        await patient(write)

    async def _watch(self, child: RunChild, group: asyncio.TaskGroup) -> None:
        """Gives signs of life, and obeys the row and the end of the worker."""
        for number in count(1):
            row = await patient(lambda beat=number % BEAT_EVERY == 0: look(self.job, self.ctx.db, beat))
            if row is None or self.ctx.closing.is_set():
                self._stop(child, group, graceful=False)
                self.let_go.set()
            elif row["status"] == "stopping":
                self._stop(child, group, row["graceful"])
            with suppress(TimeoutError):
                await asyncio.wait_for(self._worker_ends(), LOOK_EVERY)

    async def _worker_ends(self) -> None:
        """Until then, or for ever when it was obeyed already."""
        await (asyncio.Event() if self.let_go.is_set() else self.ctx.closing).wait()

    def _stop(self, child: RunChild, group: asyncio.TaskGroup, graceful: bool) -> None:
        if self._asked in (None, True) and self._asked is not graceful:
            self._asked = graceful
            group.create_task(child.cancel(graceful))

    async def _server_is_back(self) -> None:
        """Then its record of the dead run is put right. Ends early when nobody waits for the run any more."""
        while not self.let_go.is_set() and self._asked is None:
            try:
                return await self._close(await self.bench.pipelines.find_run(self.name), RunStatus.FAILED)
            except PipelinesDown:
                await asyncio.sleep(LOOK_EVERY)

    async def _died_elsewhere(self) -> bool:
        """Steps on the machine of a worker that is gone. Those on ours are looked after by the child's own lock."""
        run = await patient(lambda: self.bench.pipelines.find_run(self.name))
        if run is None or run.status.is_terminal or run.host in (None, socket.gethostname()):
            return False
        await self._close(run, RunStatus.FAILED)
        await self._lose(reasons.LOST)
        return True

    async def _stop_what_is_left(self) -> None:
        await self._close(await patient(lambda: self.bench.pipelines.find_run(self.name)), RunStatus.STOPPED)
        await self.listener.status("stopped", None)

    async def _close(self, run: RunState | None, status: RunStatus) -> None:
        await close(run, status, reasons.LOST, self.bench.pipelines)

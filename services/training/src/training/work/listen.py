"""What a run tells while it works: states and epochs become rows, everything becomes a hint for whoever is looking."""

import logging
import math
import time
from contextlib import suppress
from typing import Any

from nats.errors import Error as NatsError

from contracts.training import ReportEpoch, ReportRun, RunProgress, TrainingJob
from kit.jobs import JobContext
from training.runs import usecases
from training.work.patience import patient

log = logging.getLogger("training.listen")
PER_SECOND = 4
_NOT_VALUES = {"type", "time", "epoch", "epochs"}


class Listener:
    def __init__(self, job: TrainingJob, ctx: JobContext, epochs: int) -> None:
        self.job, self.ctx, self.epochs = job, ctx, epochs
        self._last: dict[str, float] = {}

    async def hear(self, report: dict[str, Any]) -> None:
        kind = report["type"]
        if kind == "status":
            await self.status(report["status"], report.get("run_id"))
        elif kind == "epoch":
            await self._epoch(report)
        elif kind == "step" or (kind in ("progress", "log") and self._due(kind)):
            await self.hint(kind, {key: value for key, value in report.items() if key != "type"})

    async def status(self, status: str, run_id: str | None, reason: str = "", outcome: dict | None = None) -> None:
        """RunStatus words only; the row decides what to make of it."""
        report = ReportRun(
            training_id=self.job.training_id, attempt=self.job.attempt, status=status, run_id=run_id, reason=reason
        )

        async def write() -> None:
            async with self.ctx.tx() as tx:
                await usecases.record(report, tx, outcome)

        await patient(write)

    async def hint(self, what: str, data: dict[str, Any]) -> None:
        """Lost while the bus is away, which must not cost the run."""
        live = RunProgress(training_id=self.job.training_id, user_id=self.job.user_id, what=what, data=data)
        with suppress(NatsError):
            await self.ctx.hint(live)

    async def _epoch(self, report: dict[str, Any]) -> None:
        """Plug-ins write what they like: a report that is no sample is passed over."""
        try:
            sample = self._sample(report)
        except (KeyError, TypeError, ValueError):
            return log.warning("report.unusable", extra={"facts": {"training_id": self.job.training_id}})

        async def write() -> None:
            async with self.ctx.tx() as tx:
                usecases.keep_epoch(sample, tx)

        await patient(write)
        await self.hint("epoch", {"epoch": sample.epoch, "epochs": sample.epochs, **sample.values})

    def _sample(self, report: dict[str, Any]) -> ReportEpoch:
        values = {key: float(value) for key, value in report.items() if key not in _NOT_VALUES and _is_finite(value)}
        return ReportEpoch(
            training_id=self.job.training_id, attempt=self.job.attempt, epoch=report["epoch"],
            epochs=report.get("epochs") or self.epochs, values=values,
        )  # fmt: skip

    def _due(self, kind: str) -> bool:
        now = time.monotonic()
        if now - self._last.get(kind, 0.0) < 1 / PER_SECOND:
            return False
        self._last[kind] = now
        return True


def _is_finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

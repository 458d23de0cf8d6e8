"""What a run tells while it works: states and epochs become rows, everything becomes a hint for whoever is looking."""

import logging
from typing import Any

from contracts.training import ReportEpoch, RunProgress, TrainingJob
from kit.messaging.tx import Tx
from runs.held_run import HeldRun
from runs.progress import Throttle
from training.runs import usecases
from training.runs.jobs.curves import Curves
from training.runs.tables import TrainingRow

log = logging.getLogger("training.listen")
MIN_INTERVAL = 0.25
"""Seconds between two hints of one kind."""
_NOT_VALUES = {"type", "time", "epoch", "epochs"}


class ReportHandler:
    def __init__(self, job: TrainingJob, held: HeldRun[TrainingRow], epochs: int) -> None:
        self.job, self.held, self.ctx, self.epochs = job, held, held.ctx, epochs
        self.curves = Curves(job.training_id, job.user_id, held.ctx)
        self._throttle = Throttle(MIN_INTERVAL)

    async def handle(self, report: dict[str, Any]) -> None:
        kind = report["type"]
        if kind == "status":
            await self.held.report(report["status"], report.get("run_id"))
        elif kind == "epoch":
            await self._epoch(report)
        elif kind == "step" or (kind in ("progress", "log") and self._throttle.is_due(kind)):
            self._throttle.note(kind)
            await self.hint(kind, {key: value for key, value in report.items() if key != "type"})

    async def hint(self, what: str, data: dict[str, Any]) -> None:
        await self.ctx.publish_live(
            RunProgress(training_id=self.job.training_id, user_id=self.job.user_id, what=what, data=data)
        )

    async def _epoch(self, report: dict[str, Any]) -> None:
        """Plug-ins write what they like: a report that is no sample is passed over."""
        try:
            sample = self._sample(report)
        except (KeyError, TypeError, ValueError):
            return log.warning("report.unusable", extra={"fields": {"training_id": self.job.training_id}})

        async def write(tx: Tx) -> None:
            usecases.record_epoch(sample, tx)

        await self.ctx.write(write)
        await self.curves.record(sample)
        await self.hint("epoch", {"epoch": sample.epoch, "epochs": sample.epochs, **sample.values})

    def _sample(self, report: dict[str, Any]) -> ReportEpoch:
        values = {key: value for key, value in report.items() if key not in _NOT_VALUES and _is_value(value)}
        return ReportEpoch(
            training_id=self.job.training_id, attempt=self.job.attempt, epoch=report["epoch"],
            epochs=report.get("epochs") or self.epochs, values=values,
        )  # fmt: skip


def _is_value(value: Any) -> bool:
    """A number, or None for one that is not defined."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))

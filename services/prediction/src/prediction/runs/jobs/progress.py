"""Progress of a prediction, told to whoever looks on."""

import asyncio

from contracts.prediction import RunProgress
from kit.jobs.context import JobContext
from kit.telemetry.activity import Changes
from prediction.runs.tables import PredictionRow
from runs.progress import Throttle

BACKEND = "prediction"
MIN_INTERVAL, REPEAT_INTERVAL = 0.3, 1.0
"""Seconds: at least between two hints of one stage, and at most until the last one is said again."""


class ProgressReporter:
    """Called with stage, done, total: a few hints a second, and always one at the beginning and the end of a stage."""

    def __init__(self, row: PredictionRow, ctx: JobContext) -> None:
        self._row, self._ctx = row, ctx
        self._last = ("staging", 0, row.tile_count or 0)
        self._throttle = Throttle(MIN_INTERVAL)
        self._changes = Changes(ctx.bus.samples)

    async def __call__(self, stage: str, done: int, total: int) -> None:
        self._last = (stage, done, total)
        if not 0 < done < total or self._throttle.is_due():
            await self._hint()

    async def repeat(self) -> None:
        """For ever. Some steps cannot say how far they are; a bar that hears nothing would look dead."""
        while True:
            if self._throttle.age() >= REPEAT_INTERVAL:
                await self._hint()
            await asyncio.sleep(MIN_INTERVAL)

    async def _hint(self) -> None:
        self._throttle.note()
        stage, done, total = self._last
        row = self._row
        await self._ctx.publish_live(
            RunProgress(prediction_id=row.id, user_id=row.user_id, stage=stage, done=done, total=total)
        )
        self._record(stage, 100 * done / total if total else 0.0)

    def _record(self, stage: str, percent: float) -> None:
        """Strangers cannot read the channels of a private prediction."""
        run, owner = str(self._row.id), None if self._row.visibility == "public" else self._row.user_id
        self._changes.note(BACKEND, f"{run}/stage", stage, description="What the prediction does", owner=owner)
        self._changes.note(BACKEND, f"{run}/progress", round(percent, 2), "%", "Progress of the stage", owner)

"""The metrics of a run as channels: `<run>/<metric>`, one sample an epoch."""

import math

from contracts.shared import ANONYMOUS
from contracts.training import ReportEpoch
from kit.jobs.context import JobContext
from kit.messaging.tx import Tx
from training.runs.visibility import is_visible

BACKEND = "training"


class Curves:
    """Of one run. Strangers cannot read the channels of a training that they may not see when it begins."""

    def __init__(self, training_id: int, user_id: int, ctx: JobContext) -> None:
        self.training_id, self.user_id, self.ctx = training_id, user_id, ctx
        self._is_public: bool | None = None

    async def record(self, sample: ReportEpoch) -> None:
        """Values that are not defined are NaN: a run that diverges shows it."""
        owner = None if await self._public() else self.user_id
        run = f"{self.training_id}" if sample.attempt == 1 else f"{self.training_id}-{sample.attempt}"
        for metric, value in sample.values.items():
            number, about = math.nan if value is None else value, f"{metric} of training {self.training_id}"
            self.ctx.bus.samples.add(BACKEND, f"{run}/{metric}", number, sample.epoch, "", about, owner)

    async def _public(self) -> bool:
        """Asked as the epoch is stored, as soon as the database answers: a run must not end because of its curves."""

        async def look(tx: Tx) -> bool:
            return await is_visible(self.training_id, tx.session, ANONYMOUS)

        if self._is_public is None:
            self._is_public = await self.ctx.write(look)
        return self._is_public

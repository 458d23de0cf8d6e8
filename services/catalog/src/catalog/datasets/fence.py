"""The right to write. Each job claims the row with its delivery number; whoever comes later with a greater number takes
over, and every write of the older one finds nothing to change."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, update

from catalog.datasets.ports import Superseded
from catalog.datasets.tables import DatasetRow
from contracts.catalog.datasets import DatasetBuildJob, DatasetProgress
from kit.jobs import JobContext
from kit.messaging.tx import Tx

HINT_EVERY = 0.25
BEAT_EVERY = 5.0


@dataclass(frozen=True)
class Claim:
    """The row as it was when this delivery took it."""

    row: DatasetRow
    build: int
    delivery: int

    async def write(self, tx: Tx, **values: Any) -> None:
        """Superseded, and nothing written, unless this claim still holds."""
        change = (
            update(DatasetRow).values(**values)
            .where(DatasetRow.id == self.row.id, DatasetRow.build == self.build)
            .where(DatasetRow.delivery == self.delivery, DatasetRow.status == "building")
        )  # fmt: skip
        if not (await tx.session.execute(change)).rowcount:  # type: ignore[attr-defined]
            raise Superseded


async def claim(job: DatasetBuildJob, context: JobContext) -> Claim | None:
    """None when there is nothing to do: built already, deleted, built anew, or in younger hands."""
    taken = (
        update(DatasetRow).values(delivery=context.delivery, beat_at=func.now())
        .where(DatasetRow.id == job.dataset_id, DatasetRow.build == job.build)
        .where(DatasetRow.delivery <= context.delivery, DatasetRow.status == "building")
        .returning(DatasetRow)
    )  # fmt: skip
    async with context.tx() as tx:
        row = (await tx.session.scalars(taken)).one_or_none()
    return Claim(row, job.build, context.delivery) if row else None


class Pulse:
    """Signs of life: hints for whoever looks on, a few a second and never backwards, and now and then the row's
    `beat_at`."""

    def __init__(self, context: JobContext, claim: Claim) -> None:
        self.context, self.claim = context, claim
        self._hinted = self._beaten = 0.0
        self._furthest = ("", -1)

    async def beat(self) -> None:
        """Superseded when another worker has taken over."""
        self._beaten = time.monotonic()
        async with self.context.tx() as tx:
            await self.claim.write(tx, beat_at=datetime.now(UTC))

    async def at(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._beaten > BEAT_EVERY:
            await self.beat()
        behind = self._furthest[0] == stage and done <= self._furthest[1]
        if not behind and (done in (0, total) or now - self._hinted > HINT_EVERY):
            self._hinted, self._furthest = now, (stage, done)
            row = self.claim.row
            live = DatasetProgress.model_validate(
                {"dataset_id": row.id, "user_id": row.user_id, "stage": stage, "done": done, "total": total}
            )
            await self.context.hint(live)

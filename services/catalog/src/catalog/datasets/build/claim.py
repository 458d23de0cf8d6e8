"""The claim of a worker on a dataset row. A job claims the row with its delivery number. A job with a greater number
takes the row over when the older one sends no heartbeat any more; writes of the older one then change nothing."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Update, func, or_, select, update

from catalog.datasets.tables import DatasetRow
from contracts.catalog.datasets import DatasetBuildJob, DatasetProgress
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT, HeldElsewhere, Superseded
from kit.jobs.waiting import noted
from kit.messaging.tx import Tx
from kit.outages import describe_outage, is_outage

HINT_EVERY = 0.25


@dataclass(frozen=True)
class BuildClaim:
    """The row as it was when this delivery claimed it."""

    row: DatasetRow
    build: int
    context: JobContext

    async def write(self, tx: Tx, **values: Any) -> None:
        """Raises Superseded, and writes nothing, unless the claim still holds."""
        change = (
            update(DatasetRow).values(**values)
            .where(DatasetRow.id == self.row.id, DatasetRow.build == self.build)
            .where(DatasetRow.delivery == self.context.delivery, DatasetRow.status == "building")
        )  # fmt: skip
        if not (await tx.session.execute(change)).rowcount:  # type: ignore[attr-defined]
            raise Superseded

    async def beat(self) -> bool:
        """Returns False when another worker has the claim, or the build was cancelled or deleted."""
        try:
            async with self.context.tx() as tx:
                await self.write(tx, beat_at=func.now())
        except Superseded:
            return False
        return True

    async def let_go(self) -> None:
        """Releases the claim, so that the next delivery need not wait for the heartbeat timeout."""
        with suppress(Exception):  # then the next delivery waits
            async with self.context.tx() as tx:
                await self.write(tx, beat_at=func.now() - HEARTBEAT_TIMEOUT)


async def claim(job: DatasetBuildJob, context: JobContext) -> BuildClaim | None:
    """Returns None when there is nothing to do: the build has ended, was cancelled, was replaced, or a later
    delivery has it. Raises HeldElsewhere while an earlier delivery sends heartbeats."""
    async with context.tx() as tx:
        row = (await tx.session.scalars(_taking(job, context.delivery))).one_or_none()
        if row is None and await tx.session.scalar(select(DatasetRow.id).where(*_wanted(job, context.delivery))):
            raise HeldElsewhere
    return BuildClaim(row, job.build, context) if row else None


def _wanted(job: DatasetBuildJob, delivery: int) -> tuple[Any, ...]:
    return (
        DatasetRow.id == job.dataset_id, DatasetRow.build == job.build, DatasetRow.status == "building",
        DatasetRow.delivery <= delivery,
    )  # fmt: skip


def _taking(job: DatasetBuildJob, delivery: int) -> Update:
    free = or_(
        DatasetRow.delivery == delivery,
        DatasetRow.beat_at.is_(None),
        DatasetRow.beat_at <= func.now() - HEARTBEAT_TIMEOUT,
    )
    return (
        update(DatasetRow).values(delivery=delivery, beat_at=func.now())
        .where(*_wanted(job, delivery), free).returning(DatasetRow)
    )  # fmt: skip


class ProgressReporter:
    """Reports progress: live messages, a few per second and never backwards, and in the row the reason while the
    build waits."""

    def __init__(self, context: JobContext, claim: BuildClaim) -> None:
        self.context, self.claim = context, claim
        self._hinted = 0.0
        self._furthest = ("", -1)
        self._waiting = claim.row.waiting

    async def check(self) -> None:
        """Raises Superseded when another worker has the claim."""
        await self.context.write(lambda tx: self.claim.write(tx, beat_at=datetime.now(UTC)))

    async def on_failure(self, error: BaseException) -> None:
        """Notes once in the row that a server of the deployment does not answer."""
        if is_outage(error) and self._waiting is None:
            await self._note(noted(None, describe_outage(error)))

    async def at(self, stage: str, done: int, total: int) -> None:
        if self._waiting is not None:
            await self._note(None)
        now = time.monotonic()
        behind = self._furthest[0] == stage and done <= self._furthest[1]
        if not behind and (done in (0, total) or now - self._hinted > HINT_EVERY):
            self._hinted, self._furthest = now, (stage, done)
            row = self.claim.row
            live = DatasetProgress.model_validate(
                {"dataset_id": row.id, "user_id": row.user_id, "stage": stage, "done": done, "total": total}
            )
            await self.context.publish_live(live)

    async def _note(self, waiting: dict[str, Any] | None) -> None:
        self._waiting = waiting
        await self.context.write(lambda tx: self.claim.write(tx, waiting=waiting))

"""Active trainings as the reconciler sees them; those that wait for their dataset need nothing of it."""

from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, text, update

from kit.db import Database
from kit.statements import Prepared
from training.tables import ACTIVE, TrainingRow

_seen = func.greatest(TrainingRow.heartbeat_at, TrainingRow.queued_at)
_since = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("silence"))
_ACTIVE = Prepared(
    select(
        TrainingRow.id, TrainingRow.status, TrainingRow.attempt, TrainingRow.zenml_run_id,
        TrainingRow.started_at.is_not(None).label("started"), (_seen < _since).label("silent"),
        func.coalesce(TrainingRow.deadline_at < func.now(), False).label("overdue"),
    ).where(text(ACTIVE), text("plan <> '{}'")).order_by(TrainingRow.id)
)  # fmt: skip
_COUNTS = Prepared(
    select(TrainingRow.status, func.count().label("count")).where(text(ACTIVE)).group_by(TrainingRow.status)
)
_POLLED = Prepared(
    update(TrainingRow).where(TrainingRow.id == bindparam("the_id")).values(last_polled_at=func.now())
    .returning(TrainingRow.id)
)  # fmt: skip


@dataclass(frozen=True)
class Active:
    id: int
    status: str
    attempt: int
    zenml_run_id: str | None
    started: bool
    """A worker has taken it."""
    silent: bool
    """No worker has given a sign of life for a while, nor was the job sent in that time."""
    overdue: bool


async def active(db: Database, silence: float) -> list[Active]:
    """`silence` in seconds."""
    async with db.raw() as connection:
        return [Active(**row) for row in await _ACTIVE.rows(connection, silence=silence)]


async def counts(db: Database) -> dict[str, int]:
    """By status; those that wait for their dataset too."""
    async with db.raw() as connection:
        return {row["status"]: row["count"] for row in await _COUNTS.rows(connection)}


async def polled(training_id: int, db: Database) -> None:
    async with db.raw() as connection:
        await _POLLED.rows(connection, the_id=training_id)

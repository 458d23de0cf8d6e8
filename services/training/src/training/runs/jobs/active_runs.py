"""Active trainings as the reconciler sees them; those that wait for their dataset need nothing of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, text, update

from kit.db.database import Database
from kit.db.sql import CompiledQuery
from runs.run_counts import RunCounts
from training.runs.tables import ACTIVE, TrainingRow

_seen = func.greatest(TrainingRow.heartbeat_at, TrainingRow.queued_at)
_since = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, bindparam("silence"))
_ACTIVE = CompiledQuery(
    select(
        TrainingRow.id, TrainingRow.status, TrainingRow.attempt, TrainingRow.zenml_run_id,
        TrainingRow.started_at.is_not(None).label("started"), (_seen < _since).label("silent"),
        func.coalesce((TrainingRow.deadline_at < func.now()) & TrainingRow.waiting.is_(None), False).label("overdue"),
        _seen.label("seen"),
    ).where(text(ACTIVE), text("plan <> '{}'")).order_by(TrainingRow.id)
)  # fmt: skip
COUNTS = RunCounts(TrainingRow, text(ACTIVE))
"""Those that wait for their dataset are counted too."""
_POLLED = CompiledQuery(
    update(TrainingRow).where(TrainingRow.id == bindparam("the_id")).values(last_polled_at=func.now())
    .returning(TrainingRow.id)
)  # fmt: skip


@dataclass(frozen=True)
class ActiveRun:
    id: int
    status: str
    attempt: int
    zenml_run_id: str | None
    started: bool
    """A worker has taken it."""
    silent: bool
    """No worker has given a sign of life for a while, nor was the job sent in that time."""
    overdue: bool
    seen: datetime
    """That sign, or when the job was sent."""


async def list_active(db: Database, silence: float) -> list[ActiveRun]:
    """`silence` in seconds."""
    async with db.raw() as connection:
        return [ActiveRun(**row) for row in await _ACTIVE.rows(connection, silence=silence)]


async def mark_polled(training_id: int, db: Database) -> None:
    async with db.raw() as connection:
        await _POLLED.rows(connection, the_id=training_id)

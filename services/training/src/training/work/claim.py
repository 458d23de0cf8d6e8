"""What a worker writes and reads of its row while it works: one statement each, on bare connections.

These commits do not wait for the disk. A crash of the database may forget them: then the run is found by its name.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, text, true, update

from contracts.training import TrainingJob
from kit.db import Database
from kit.statements import Prepared
from training.tables import ACTIVE, TrainingRow

GONE = timedelta(seconds=15)
"""A worker beats every five seconds; after three it counts as gone."""
_quick = select(func.set_config("synchronous_commit", "off", True).label("unused")).cte("quick")
_mine = (
    select(TrainingRow.id, TrainingRow.heartbeat_at)
    .join(_quick, true())
    .where(TrainingRow.id == bindparam("the_id"), TrainingRow.attempt == bindparam("the_attempt"))
    .where(text(ACTIVE))
)
_before = _mine.with_for_update(of=TrainingRow).cte("before")
_TAKE = Prepared(
    update(TrainingRow)
    .where(TrainingRow.id == _before.c.id)
    .values(
        started_at=func.coalesce(TrainingRow.started_at, func.now()), heartbeat_at=func.now(),
        deadline_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds")),
    )
    .returning(
        TrainingRow.status, TrainingRow.model_name, TrainingRow.plan, TrainingRow.hyperparameters,
        (_before.c.heartbeat_at < func.now() - GONE).label("orphaned"),
    )
)  # fmt: skip
_beating = _mine.cte("before")
_state = (TrainingRow.status, TrainingRow.graceful)
_BEAT = Prepared(
    update(TrainingRow).where(TrainingRow.id == _beating.c.id).values(heartbeat_at=func.now()).returning(*_state)
)
_LOOK = Prepared(
    select(*_state)
    .where(TrainingRow.id == bindparam("the_id"), TrainingRow.attempt == bindparam("the_attempt"))
    .where(text(ACTIVE))
)


@dataclass(frozen=True)
class Claim:
    status: str
    model_name: str
    plan: dict[str, Any]
    hyperparameters: dict[str, Any]
    orphaned: bool | None
    """An earlier worker had it and is gone; None when this is the first."""


async def take(job: TrainingJob, seconds: float, db: Database) -> Claim | None:
    """None when the attempt is over. `seconds` is what it may take from now on."""
    async with db.raw() as connection:
        rows = await _TAKE.rows(connection, the_id=job.training_id, the_attempt=job.attempt, seconds=seconds)
    return Claim(**rows[0]) if rows else None


async def look(job: TrainingJob, db: Database, beat: bool) -> dict[str, Any] | None:
    """`{status, graceful}`, None when the attempt is over; with `beat` also a sign of life."""
    async with db.raw() as connection:
        rows = await (_BEAT if beat else _LOOK).rows(connection, the_id=job.training_id, the_attempt=job.attempt)
    return rows[0] if rows else None

"""A worker takes the row of its job, with one statement on a bare connection.

The commit does not wait for the disk. A crash of the database may forget it: then the run is found by its name.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, bindparam, cast, func, or_, select, text, true, update

from contracts.training import TrainingJob
from kit.db.database import Database
from kit.db.sql import CompiledQuery
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT, HeldElsewhere
from training.projections.tables import KnownDataset
from training.runs.tables import ACTIVE, TrainingRow
from training.runs.transitions import LEASE

_quick = select(func.set_config("synchronous_commit", "off", True).label("unused")).cte("quick")
_mine = (
    select(TrainingRow.id, TrainingRow.heartbeat_at)
    .join(_quick, true())
    .where(TrainingRow.id == bindparam("the_id"), TrainingRow.attempt == bindparam("the_attempt"))
    .where(text(ACTIVE))
)
_before = _mine.with_for_update(of=TrainingRow).cte("before")
_chips = (
    select(cast(KnownDataset.facts["chip_count"].astext, BigInteger))
    .where(KnownDataset.stac_id == TrainingRow.dataset_stac_id)
    .scalar_subquery()
)
_CLAIM = CompiledQuery(
    update(TrainingRow)
    .where(TrainingRow.id == _before.c.id)
    .where(or_(_before.c.heartbeat_at.is_(None), _before.c.heartbeat_at <= func.now() - HEARTBEAT_TIMEOUT))
    .values(
        started_at=func.coalesce(TrainingRow.started_at, func.now()), heartbeat_at=func.now(),
        deadline_at=func.now() + func.make_interval(0, 0, 0, 0, 0, 0, bindparam("seconds")),
    )
    .returning(
        TrainingRow.status, TrainingRow.model_name, TrainingRow.plan, TrainingRow.hyperparameters,
        _chips.label("chip_count"),
        _before.c.heartbeat_at.is_not(None).label("orphaned"),
    )
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    status: str
    model_name: str
    plan: dict[str, Any]
    hyperparameters: dict[str, Any]
    orphaned: bool
    """An earlier worker had it and is gone."""
    chip_count: int | None = None
    """Of its dataset, as the catalog has told."""


async def claim(job: TrainingJob, seconds: float, db: Database) -> Claim | None:
    """None when the attempt is over, HeldElsewhere while another worker is at it and alive. `seconds` is what it may
    take from now on."""
    async with db.raw() as connection:
        rows = await _CLAIM.rows(connection, the_id=job.training_id, the_attempt=job.attempt, seconds=seconds)
    if not rows and await LEASE.peek(job.training_id, job.attempt, db):
        raise HeldElsewhere
    return Claim(**rows[0]) if rows else None

"""Locks of packages as rows with an owner, a token and an end (docs/decisions/0062). Taking one is one statement, so
of two that try at once one gets it; only its owner can renew or release it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.packages.production.tables import PackageLockRow
from catalog.packages.submissions.tables import PackageTaskRow
from kit.jobs.heartbeats import Superseded
from kit.messaging.tx import Tx

lock = PackageLockRow
NOTICE = timedelta(seconds=5)
"""Time in which a worker sees that its task was cancelled, and ends."""


@dataclass(frozen=True)
class Held:
    """A lock as its owner took it."""

    key: str
    owner: UUID
    token: int


def of_processor(package: str, processor: str) -> str:
    return f"{package}.{processor}"


def of_setup(package: str) -> str:
    return f"{package}.boundary_setup"


def of_finalise(package: str) -> str:
    return f"{package}.generate_provenance"


async def take(key: str, owner: UUID, seconds: float, tx: Tx) -> Held | None:
    """Takes the lock for so long, unless another owner has it; an owner that has it already goes on with it."""
    end = func.clock_timestamp() + timedelta(seconds=seconds)
    new = insert(lock).values(key=key, owner=owner, expires_at=end)
    mine, over = lock.owner == owner, or_(lock.expires_at < func.clock_timestamp(), _is_abandoned())
    taken = new.on_conflict_do_update(
        index_elements=[lock.key],
        set_={
            "owner": owner, "expires_at": new.excluded.expires_at,
            "token": case((lock.owner == owner, lock.token), else_=lock.token + 1),
        },
        where=or_(mine, over),
    )  # fmt: skip
    token = (await tx.session.execute(taken.returning(lock.token))).scalar()
    return None if token is None else Held(key, owner, token)


async def renew(held: Held, seconds: float, tx: Tx) -> bool:
    """Returns False when another owner has the lock now."""
    end = func.clock_timestamp() + timedelta(seconds=seconds)
    renewed = update(lock).where(*_is_held(held)).values(expires_at=end).returning(lock.key)
    return (await tx.session.execute(renewed)).first() is not None


async def ensure_held(held: Held, tx: Tx) -> None:
    """Fences the writes of this transaction. Raises Superseded when another owner has the lock."""
    still = update(lock).where(*_is_held(held)).values(key=lock.key).returning(lock.key)
    if (await tx.session.execute(still)).first() is None:
        raise Superseded


async def release(key: str, owner: UUID, tx: Tx) -> None:
    """Does nothing when another owner has it."""
    await tx.session.execute(delete(lock).where(lock.key == key, lock.owner == owner))


def _is_abandoned() -> ColumnElement[bool]:
    """Whether the owner is a task that has ended, long enough ago for its worker to notice."""
    task = PackageTaskRow
    ended = (task.id == lock.owner, task.ended_at < func.clock_timestamp() - NOTICE)
    return exists(select(task.id).where(*ended).correlate(lock))


def _is_held(held: Held) -> tuple[ColumnElement[bool], ...]:
    return lock.key == held.key, lock.owner == held.owner, lock.token == held.token

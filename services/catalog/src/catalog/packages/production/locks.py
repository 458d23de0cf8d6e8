"""Locks of packages as rows with an owner, a token and an end (docs/decisions/0062). Taking one is one statement, so
of two that try at once one gets it; only its owner can renew or release it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, text, update

from catalog.packages.production.tables import PackageLockRow
from kit.jobs.heartbeats import Superseded
from kit.messaging.tx import ReadTx, Tx

lock = PackageLockRow
NOTICE = timedelta(seconds=5)
"""Time in which a worker sees that its task was cancelled, and ends."""
TAKE = text("""
    insert into packages.package_locks as held (key, owner, expires_at)
    values (:key, :owner, clock_timestamp() + :lease)
    on conflict (key) do update set owner = excluded.owner, expires_at = excluded.expires_at,
        token = held.token + (held.owner <> excluded.owner)::int
    where held.owner = excluded.owner or held.expires_at < clock_timestamp() or exists (
        select from packages.package_tasks as task
        where task.id = held.owner and task.ended_at < clock_timestamp() - :notice)
    returning token""")
"""A lock is free when its time is over, or when its owner is a task that has ended."""

AT_WORK = text("""
    select exists (select from packages.package_locks as held where key = :key and expires_at > clock_timestamp()
        and not exists (select from packages.package_tasks where id = held.owner and ended_at is not null))""")


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
    given = {"key": key, "owner": owner, "lease": timedelta(seconds=seconds), "notice": NOTICE}
    token = (await tx.session.execute(TAKE, given)).scalar()
    return None if token is None else Held(key, owner, token)


async def has_owner_at_work(key: str, read: ReadTx) -> bool:
    """Returns False for a lock that is free, and for one whose owner was cancelled: it is free within `NOTICE`."""
    return bool((await read.session.execute(AT_WORK, {"key": key})).scalar())


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


def _is_held(held: Held) -> tuple[ColumnElement[bool], ...]:
    return lock.key == held.key, lock.owner == held.owner, lock.token == held.token

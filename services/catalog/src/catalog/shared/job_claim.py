"""The claim of a worker on the row that its work is about. A job claims the row with its delivery number. A job with a
greater number takes the row over when the older one sends no heartbeat any more; writes of the older one then change
nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, or_, select, update

from kit.jobs.context import JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT, HeldElsewhere, Superseded, while_beating
from kit.messaging.tx import Tx

UNFINISHED = ("queued", "running")
MAX_PAUSE = 10.0
OUR_FAULT = "Something went wrong on our side. Try it again later."


@dataclass(frozen=True)
class Claimed:
    """Columns of a row that long work uses; `kind` is its mapped class, which has `delivery` and `beat_at`."""

    kind: Any
    state: str
    updated: str | None = None
    """Column with the time of the last change, where there is one."""
    more: tuple[Any, ...] = ()
    """Further conditions under which the job is not outdated."""
    unfinished: tuple[str, ...] = UNFINISHED
    """States in which there is work to do; the last one is that of work that runs."""

    @property
    def running(self) -> str:
        return self.unfinished[-1]

    def now(self) -> dict[str, datetime]:
        """Returns the value of the column with the time of the last change."""
        return {self.updated: datetime.now(UTC)} if self.updated else {}


@dataclass(frozen=True)
class JobClaim:
    """`row` is as it was when this delivery claimed it."""

    row: Any
    what: Claimed
    context: JobContext

    @property
    def asked_by(self) -> int | None:
        """Id of the person who asked for the work; None for services and for users with a key pair of the label
        store, who have no account."""
        actor = self.context.envelope.actor
        return actor.id if actor.id > 0 else None

    async def write(self, tx: Tx, **values: Any) -> None:
        """Raises Superseded, and writes nothing, unless the claim still holds."""
        kind, is_running = self.what.kind, getattr(self.what.kind, self.what.state) == self.what.running
        change = update(kind).values(**self.what.now(), **values).where(kind.id == self.row.id, *self.what.more)
        change = change.where(kind.delivery == self.context.delivery, is_running)
        if not (await tx.session.execute(change)).rowcount:  # type: ignore[attr-defined]
            raise Superseded

    async def beat(self) -> bool:
        """Returns False when another worker has the claim."""
        try:
            async with self.context.tx() as tx:
                await self.write(tx, beat_at=func.now())
        except Superseded:
            return False
        return True

    async def release(self) -> None:
        """Lets the next delivery begin without waiting for the heartbeat timeout."""
        with suppress(Exception):  # then the next delivery waits
            async with self.context.tx() as tx:
                await self.write(tx, beat_at=func.now() - HEARTBEAT_TIMEOUT)


async def claim(row_id: int, what: Claimed, context: JobContext) -> JobClaim | None:
    """Returns None when there is nothing to do: the work has ended or was begun anew, or a later delivery has it.
    Raises HeldElsewhere while an earlier delivery sends heartbeats."""
    kind = what.kind
    wanted = (
        kind.id == row_id, getattr(kind, what.state).in_(what.unfinished), kind.delivery <= context.delivery, *what.more
    )  # fmt: skip
    free = or_(
        kind.delivery == context.delivery, kind.beat_at.is_(None), kind.beat_at <= func.now() - HEARTBEAT_TIMEOUT
    )
    begin = {what.state: what.running, **what.now()}
    taking = update(kind).values(delivery=context.delivery, beat_at=func.now(), **begin).where(*wanted, free)
    async with context.tx() as tx:
        row = (await tx.session.scalars(taking.returning(kind))).one_or_none()
        if row is None and await tx.session.scalar(select(kind.id).where(*wanted)):
            raise HeldElsewhere
    return JobClaim(row, what, context) if row else None


async def run_claimed(
    held: JobClaim, work: Callable[[], Awaitable[None]], failed: Callable[[str], Awaitable[None]]
) -> None:  # fmt: skip
    """Runs `work` with heartbeats. `failed` writes the reason where this attempt is the last; the error of an earlier
    one brings the job back."""
    try:
        await while_beating(_coroutine(work), held.beat)
    except Superseded:
        return
    except BaseException as error:
        if not held.context.gives_up(error):
            await asyncio.shield(held.release())
            raise
        with suppress(Superseded):
            await failed(OUR_FAULT)
        raise


async def _coroutine(work: Callable[[], Awaitable[None]]) -> None:
    await work()


async def pause(attempt: int, first: float) -> None:
    """Waits before attempt number `attempt` + 1; each pause is twice as long as the one before."""
    await asyncio.sleep(min(first * 2 ** (attempt - 1), MAX_PAUSE))

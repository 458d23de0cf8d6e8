"""The claim of a worker on a registration, with heartbeats. A registration that has ended or was replaced by a newer
one has no worker."""

from contextlib import suppress

from sqlalchemy import Update, func, select, update

from catalog.models.tables import BaseModelRow
from contracts.catalog.models import BaseModelRegistrationJob
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import HEARTBEAT_TIMEOUT, HeldElsewhere
from kit.messaging.tx import Tx


async def claim(job: BaseModelRegistrationJob, context: JobContext) -> BaseModelRow | None:
    """Returns None when the registration has ended or was replaced. Raises HeldElsewhere while another worker sends
    heartbeats."""
    async with context.tx() as tx:
        row = await tx.session.get(BaseModelRow, job.model_id, with_for_update=True)
        if row is None or not waits_for(row, job):
            return None
        if await tx.session.scalar(
            select(BaseModelRow.beat_at > func.now() - HEARTBEAT_TIMEOUT).where(BaseModelRow.id == row.id)
        ):
            raise HeldElsewhere
        await tx.session.execute(_beaten(row).values(beat_at=func.now()))
    return row


def waits_for(row: BaseModelRow, job: BaseModelRegistrationJob) -> bool:
    return row.status == "registering" and job.generation in (None, row.generation)


async def beat(row: BaseModelRow, context: JobContext) -> bool:
    """Returns False when the registration has ended or was replaced."""
    async with context.tx() as tx:
        return bool((await tx.session.execute(_beaten(row).values(beat_at=func.now()))).rowcount)  # type: ignore[attr-defined]


async def let_go(row: BaseModelRow, context: JobContext) -> None:
    """Releases the claim, so that the next delivery need not wait for the heartbeat timeout."""
    with suppress(Exception):  # then the next delivery waits
        async with context.tx() as tx:
            await tx.session.execute(_beaten(row).values(beat_at=func.now() - HEARTBEAT_TIMEOUT))


def _beaten(row: BaseModelRow) -> Update:
    mine = BaseModelRow.id == row.id, BaseModelRow.generation == row.generation, BaseModelRow.status == "registering"
    return update(BaseModelRow).where(*mine)


async def current(row: BaseModelRow, tx: Tx) -> BaseModelRow | None:
    """Returns the row, locked; None when a newer registration or another delivery has replaced this one."""
    now = await tx.session.get(BaseModelRow, row.id, with_for_update=True)
    overtaken = now is None or now.generation != row.generation or now.status != "registering"
    return None if overtaken else now

"""Why a task stands still, for people who look at it."""

from uuid import UUID

from sqlalchemy import update

from catalog.packages.submissions.ending import IS_OPEN
from catalog.packages.submissions.tables import PackageTaskRow
from kit.jobs.context import JobContext


async def note(job_id: UUID, number: int, reason: str, context: JobContext) -> None:
    """Writes the reason as the task's stage; the next progress replaces it."""
    row = PackageTaskRow
    waits = update(row).where(row.job_id == job_id, row.number == number, IS_OPEN).values(stage=reason)
    async with context.tx() as tx:
        await tx.session.execute(waits)

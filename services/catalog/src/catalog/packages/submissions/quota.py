"""Limits of what one user may ask for; administrators and the service itself have none."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from catalog.packages.submissions.settings import SubmissionSettings
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from catalog.shared.access import can_see_all
from contracts.shared import Actor
from kit.errors import RateLimited
from kit.messaging.tx import ReadTx, Tx
from kit.quotas import LOCK, too_many_unfinished

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SQUARE_KILOMETRE = 1e6
WAY_OUT = "Wait until one has ended, or cancel one."


@dataclass(frozen=True)
class JobQuota:
    """Of each user: unfinished jobs, jobs a minute, bytes a day; `area` in square metres is of one job."""

    unfinished: int
    per_minute: int
    bytes_per_day: int
    area: float

    @classmethod
    def of(cls, settings: SubmissionSettings) -> "JobQuota":
        return cls(
            settings.package_unfinished_jobs, settings.package_jobs_per_minute, settings.package_bytes_per_day,
            settings.package_area * SQUARE_KILOMETRE,
        )  # fmt: skip

    def area_limit(self, actor: Actor) -> float | None:
        """Returns the limit of an own area in square metres; None for administrators."""
        return None if can_see_all(actor) else self.area

    async def ensure_room(self, actor: Actor, tx: Tx) -> None:
        """Raises RateLimited when one more job is too many. Of two commands at once the second waits and counts the
        job of the first."""
        if not can_see_all(actor):
            await tx.session.execute(select(func.pg_advisory_xact_lock(LOCK, func.hashtext(f"package {actor.id}"))))
            if problem := await self.problem(actor, tx):
                raise problem

    async def problem(self, actor: Actor, read: ReadTx | Tx) -> RateLimited | None:
        """Returns the refusal that one more job would meet now, for a dry run."""
        if can_see_all(actor):
            return None
        unfinished, recent, stored = await _figures(actor.id, read)
        if unfinished >= self.unfinished:
            return too_many_unfinished("jobs", self.unfinished, WAY_OUT)
        if recent >= self.per_minute:
            text = f"{self.per_minute} jobs a minute are the most that one person may submit. Try again in a minute."
            return RateLimited("too_many_requests", text, limit=self.per_minute, retry_after=60)
        if stored >= self.bytes_per_day:
            text = f"{self.bytes_per_day >> 20:,} MiB a day are the most that one person may store. Try again tomorrow."
            return RateLimited("too_many_bytes", text, limit=self.bytes_per_day, retry_after=3600)
        return None


async def _figures(user_id: int, read: ReadTx | Tx) -> tuple[int, int, int]:
    """Unfinished jobs, jobs of the last minute, bytes of the last day."""
    mine = PackageJobRow.user_id == user_id
    jobs = select(
        func.count().filter(PackageJobRow.status == "PENDING"),
        func.count().filter(PackageJobRow.created_at > func.now() - MINUTE),
    ).where(mine)
    stored = (
        select(func.coalesce(func.sum(PackageTaskRow.bytes), 0))
        .join(PackageJobRow)
        .where(mine, PackageTaskRow.ended_at > func.now() - DAY)
    )
    unfinished, recent = (await read.session.execute(jobs)).one()
    return unfinished, recent, int(await read.session.scalar(stored) or 0)

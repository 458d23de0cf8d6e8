"""Which row a build claims, and how the build reports its progress."""

import time
from datetime import UTC, datetime
from typing import Any

from catalog.datasets.tables import DatasetRow
from catalog.shared.job_claim import Claimed, JobClaim
from contracts.catalog.datasets import DatasetProgress
from kit.jobs.context import JobContext
from kit.jobs.waiting import noted
from kit.outages import describe_outage, is_outage

HINT_EVERY = 0.25


def claimed(build: int) -> Claimed:
    """Returns which row a build claims."""
    return Claimed(DatasetRow, "status", more=(DatasetRow.build == build,), unfinished=("building",))


class ProgressReporter:
    """Reports progress: live messages, a few per second and never backwards, and in the row the reason while the
    build waits."""

    def __init__(self, context: JobContext, claim: JobClaim) -> None:
        self.context, self.claim = context, claim
        self._hinted = 0.0
        self._furthest = ("", -1)
        self._waiting = claim.row.waiting

    async def check(self) -> None:
        """Raises Superseded when another worker has the claim."""
        await self.context.write(lambda tx: self.claim.write(tx, beat_at=datetime.now(UTC)))

    async def on_failure(self, error: BaseException) -> None:
        """Notes once in the row that a server of the deployment does not answer."""
        if is_outage(error) and self._waiting is None:
            await self._note(noted(None, describe_outage(error)))

    async def at(self, stage: str, done: int, total: int) -> None:
        if self._waiting is not None:
            await self._note(None)
        now = time.monotonic()
        behind = self._furthest[0] == stage and done <= self._furthest[1]
        if not behind and (done in (0, total) or now - self._hinted > HINT_EVERY):
            self._hinted, self._furthest = now, (stage, done)
            row = self.claim.row
            live = DatasetProgress.model_validate(
                {"dataset_id": row.id, "user_id": row.user_id, "stage": stage, "done": done, "total": total}
            )
            await self.context.publish_live(live)

    async def _note(self, waiting: dict[str, Any] | None) -> None:
        self._waiting = waiting
        await self.context.write(lambda tx: self.claim.write(tx, waiting=waiting))

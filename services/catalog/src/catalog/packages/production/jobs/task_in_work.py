"""A task while a worker is at it: signs of life with progress, the lock of its dataset version, and its end."""

import logging
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from catalog.packages.production import locks
from catalog.packages.production.child.state import Asked
from catalog.packages.production.jobs.context import ProductionContext
from catalog.packages.production.outcome import Failed, ProcessorFailed
from catalog.packages.production.processors import last_progress
from catalog.packages.storage.port import VersionRef
from catalog.packages.submissions import domain
from catalog.packages.submissions.ending import IS_OPEN, end_task
from catalog.packages.submissions.queries import past_seconds
from catalog.packages.submissions.tables import PackageJobRow, PackageTaskRow
from contracts.catalog.package_jobs import PackageProgress
from contracts.shared import ANONYMOUS
from kit.jobs import fan_out
from kit.jobs.context import JobContext
from kit.jobs.heartbeats import Superseded, while_beating
from kit.messaging.tx import Tx

log = logging.getLogger("catalog.packages")
BEAT = 1.0
"""Seconds between two signs of life; a cancelled task ends after the next one."""
INTERRUPTED = Failed("InterruptedException", "The work was interrupted several times. Submit it again.", "interrupted")
OUR_FAULT = Failed("InternalException", "Something went wrong on our side. Submit it again later.", "internal")
task_row = PackageTaskRow


@dataclass
class TaskInWork:
    """`told`: the file in which the child says how far it is; without one, `said` is."""

    job: PackageJobRow
    row: PackageTaskRow
    context: JobContext
    tools: ProductionContext
    held: locks.Held | None = None
    told: Path | None = None
    said: tuple[int, str] = (0, "")
    _reached: tuple[int, str] = (-1, "")
    _past: dict[str, list[float]] | None = None

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def package(self) -> str:
        return self.job.boundary_name

    @property
    def version(self) -> VersionRef:
        dataset, _, version = self.row.processor.partition(".")
        return VersionRef(self.package, dataset, version)

    @property
    def asked(self) -> Asked:
        return Asked(self.row.processor, self.package, self.job.outline, self.job.options)

    @property
    def lock_key(self) -> str:
        return locks.of_processor(self.package, self.row.processor)

    @property
    def is_expired(self) -> bool:
        waited = datetime.now(UTC) - self.job.created_at
        return self.row.status == "PENDING" and waited > timedelta(seconds=self.tools.expiry)

    async def take_lock(self) -> bool:
        """Returns False while another task makes the same dataset version."""
        self.held = await self.context.write(lambda tx: locks.take(self.lock_key, self.id, self.tools.lock, tx))
        return self.held is not None

    async def set_status(self, status: str) -> None:
        """Moves between the statuses of a task in work. Raises Superseded for one that has ended."""

        async def change(tx: Tx) -> bool:
            mine = (task_row.job_id == self.job.id, task_row.number == self.row.number, IS_OPEN)
            begun = {"started_at": func.coalesce(task_row.started_at, func.now()), "beat_at": func.now()}
            job = update(PackageJobRow).where(PackageJobRow.id == self.job.id, PackageJobRow.started_at.is_(None))
            await tx.session.execute(job.values(started_at=func.now()))
            moved = update(task_row).where(*mine).values(status=status, **begun).returning(task_row.number)
            return (await tx.session.execute(moved)).first() is not None

        if not await self.context.write(change):
            raise Superseded

    async def say(self, percent: int, stage: str) -> None:
        """Reports what the worker itself does. Raises Superseded when the task has ended."""
        self.said = (percent, stage)
        await self.report_now()

    async def report_now(self) -> None:
        """Reports at once, not only at the next sign of life. Raises Superseded when the task has ended."""
        if not await self.beat():
            raise Superseded

    async def beat(self) -> bool:
        """Returns False when the task was cancelled or has ended, or its lock has another owner."""
        percent, stage = (last_progress(self.told) if self.told else None) or self.said
        async with self.context.tx() as tx:
            mine = (task_row.job_id == self.job.id, task_row.number == self.row.number, IS_OPEN)
            values: dict[str, Any] = {"beat_at": func.now(), "percent": func.greatest(task_row.percent, percent)}
            beaten = update(task_row).where(*mine).values(values | ({"stage": stage} if stage else {}))
            now = (await tx.session.execute(beaten.returning(task_row.percent, task_row.stage))).first()
            if now is None or (self.held and not await locks.renew(self.held, self.tools.lock, tx)):
                return False
            whole = await self._of_job(tx)
        if (now.percent, now.stage) != self._reached and now.percent >= self._reached[0]:  # another beat was quicker
            self._reached = (now.percent, now.stage)
            about = {"job_id": self.job.id, "user_id": self.job.user_id, "processor": self.row.processor}
            await self.context.publish_live(
                PackageProgress(**about, **whole, task_percent=now.percent, stage=now.stage)
            )
            self._record(now.percent)
        return True

    def _record(self, percent: int) -> None:
        """The ids of jobs are for those who submitted them; without a login there is nobody to show the curve to."""
        name, about = f"{self.job.id}/{self.row.processor}/progress", f"Progress of {self.row.processor}"
        if self.job.user_id != ANONYMOUS.id:
            self.context.bus.samples.add("packages", name, percent, None, "%", about, self.job.user_id)

    async def _of_job(self, tx: Tx) -> dict[str, Any]:
        columns = select(task_row.processor, task_row.status, task_row.percent).where(task_row.job_id == self.job.id)
        tasks = (await tx.session.execute(columns)).tuples().all()
        if self._past is None:
            self._past = await past_seconds({processor for processor, _, _ in tasks}, tx)
        percent = domain.group_percent([(status, reached) for _, status, reached in tasks], complete=False)
        return {"percent": percent, "remaining_seconds": domain.remaining_seconds(tasks, self._past)}

    async def end(self, status: str, result: dict[str, Any], tx: Tx, code: str = "", **more: Any) -> bool:
        """Ends the task and frees its lock. Returns False when it had ended before."""
        if self.held:
            await locks.release(self.held.key, self.held.owner, tx)
        return await end_task(self.job.id, self.row.number, status, result, tx, code, **more)

    async def fail(self, failure: Failed) -> None:
        """Ends the task as failed; what it has staged goes."""

        async def write(tx: Tx) -> None:
            await fan_out.cancel(self.id, tx)
            await self.end("FAILURE", domain.failed(failure.name, failure.message), tx, failure.code)

        await self.context.write(write)
        await self.clear()

    async def clear(self) -> None:
        """Removes what the task itself has staged; `catalog.packages.production.upkeep` removes what this leaves."""
        if self.row.place == self.id.hex:
            with suppress(Exception):
                await self.tools.storage.unstage(self.row.place)

    async def guard(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs work of the task, with signs of life, and ends the task when the work cannot be done."""
        try:
            await while_beating(work, self.beat, BEAT)
        except Superseded:
            await self._leave()
        except ProcessorFailed as error:
            await self.fail(error.failure)
        except BaseException as error:
            if not self.context.gives_up(error):
                raise
            await self.fail(OUR_FAULT)
            raise

    async def _leave(self) -> None:
        await self.clear()
        await self.context.write(lambda tx: locks.release(self.lock_key, self.id, tx))


async def open_task(
    job_id: UUID, number: int, context: JobContext, tools: ProductionContext
) -> TaskInWork | None:  # fmt: skip
    """Returns the task, or None when it has ended or its job is forgotten."""
    async with context.read() as read:
        job = await read.session.get(PackageJobRow, job_id, options=[undefer(PackageJobRow.outline)])
        row = await read.session.get(PackageTaskRow, (job_id, number))
    if job is None or row is None or row.status not in domain.OPEN:
        return None
    return TaskInWork(job, row, context, tools)

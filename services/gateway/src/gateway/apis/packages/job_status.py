"""Jobs as the API of packages shows them: members that do not apply are left out."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from contracts.catalog.package_jobs import ENDED, PackageJob, PackageOptions, PackageTask, TaskStatus
from contracts.shared import Json

Percent = Annotated[int, Field(ge=0, le=100)]


class JobProgress(BaseModel):
    percent_complete: Percent
    current_task: str


class JobProcessor(BaseModel):
    """`job_progress` is there while it is executed, `job_result` once it has ended."""

    processor_name: str
    job_id: str
    job_status: TaskStatus
    job_progress: JobProgress | None = None
    job_result: Json | None = None
    code: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


class JobStatus(BaseModel):
    """`job_group_status` is COMPLETE when everything has ended and the data package is written, whatever came of it.
    `position` counts the works that are begun before; `remaining_seconds` is an estimate."""

    job_id: UUID
    job_group_status: str
    job_group_percent_complete: Percent
    job_group_processors: list[JobProcessor]
    boundary_name: str
    title: str | None = None
    options: PackageOptions
    package_uri: str
    position: int | None = None
    remaining_seconds: float | None = None
    cancelled: bool = False
    problem: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


def status_of(job: PackageJob) -> dict[str, Any]:
    """Returns the JSON of a job."""
    status = JobStatus(
        job_id=job.id, job_group_status=job.status, job_group_percent_complete=job.percent,
        job_group_processors=[_processor(task) for task in job.tasks], boundary_name=job.boundary_name,
        title=job.title or None, options=job.options, package_uri=job.package_uri, position=job.position,
        remaining_seconds=job.remaining_seconds, cancelled=job.cancelled, problem=job.problem or None,
        created_at=job.created_at, started_at=job.started_at, ended_at=job.ended_at,
    )  # fmt: skip
    shown = status.model_dump(mode="json", exclude_none=True)
    return {**shown, "options": job.options.model_dump(mode="json")}


def _processor(task: PackageTask) -> JobProcessor:
    is_running = task.job_status == "EXECUTING"
    return JobProcessor(
        processor_name=task.processor_name, job_id=task.job_id, job_status=task.job_status,
        job_progress=JobProgress(percent_complete=task.percent, current_task=task.stage) if is_running else None,
        job_result=task.result if task.job_status in ENDED else None, code=task.code or None,
        started_at=task.started_at, ended_at=task.ended_at,
    )  # fmt: skip

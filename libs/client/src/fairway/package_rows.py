"""Boundaries, processors, packages and jobs as the API returns them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from fairway.rows import Row


class BoundarySummary(Row):
    name: str
    name_long: str


class Boundary(BoundarySummary):
    """`geometry` is a MultiPolygon and `envelope` a Polygon, in EPSG:4326."""

    admin_level: str
    geometry: dict[str, Any]
    envelope: dict[str, Any]


class ImportedBoundaries(Row):
    loaded: int
    skipped: int
    total: int
    names: list[str]


class Processor(Row):
    """`name` is `<dataset>.<version>`."""

    name: str
    description: str
    version: str
    data_title: str = ""
    data_license: dict[str, Any] = {}
    data_formats: list[str] = []


class Dataset(Row):
    name: str
    versions: list[Processor]


class PackageSummary(Row):
    boundary_name: str
    uri: str


class Package(PackageSummary):
    boundary: dict[str, Any]
    processors: list[Dataset]
    datapackage: dict[str, Any]


class Download(Row):
    """`url` gives the archive of `files` files and `bytes` bytes until `expires_at`."""

    url: str
    expires_at: datetime
    bytes: int
    files: int


class JobProgress(Row):
    percent_complete: int
    current_task: str


class JobProcessor(Row):
    processor_name: str
    job_status: str
    job_progress: JobProgress | None = None
    job_result: dict[str, Any] | None = None
    code: str | None = None

    @property
    def is_done(self) -> bool:
        return self.job_status in ("SUCCESS", "SKIPPED")

    @property
    def reason(self) -> str:
        """Why it was not made; empty for what was."""
        said = self.job_result or {}
        return str(said.get("failed") or said.get("skipped") or said.get("revoked") or "")


class PackageJob(Row):
    """`position` counts the works that are begun before; `remaining_seconds` is an estimate."""

    job_id: UUID
    job_group_status: str
    job_group_percent_complete: int
    job_group_processors: list[JobProcessor]
    boundary_name: str
    title: str = ""
    package_uri: str = ""
    position: int | None = None
    remaining_seconds: float | None = None
    cancelled: bool = False
    problem: str = ""
    created_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.job_group_status == "COMPLETE"

    @property
    def status(self) -> str:
        """Returns how it stands in one word: waiting, running, cancelled, completed, failed, or incomplete when some
        processors made nothing or the data package could not be written."""
        if not self.is_over:
            return "waiting" if self.position else "running"
        if self.cancelled:
            return "cancelled"
        done = [one.is_done for one in self.job_group_processors]
        if all(done) and not self.problem:
            return "completed"
        return "incomplete" if any(done) else "failed"

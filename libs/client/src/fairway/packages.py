"""Packages of open data: boundaries, processors, what is stored, and jobs that make it."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from fairway import package_rows as rows
from fairway.archives import verify
from fairway.rows import Page
from fairway.transport import Transport, download

POLL_INTERVAL = 1.0
IMPORT_TIMEOUT = 300.0
Area = str | dict[str, Any]
"""Name of a boundary, or a GeoJSON geometry, Feature or FeatureCollection in EPSG:4326."""


class Boundaries:
    """Named outlines for which packages are made. Methods raise ApiError and Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def list(self) -> list[rows.BoundarySummary]:
        return _SUMMARIES.validate_python(self.transport.get("/boundaries"))

    def search(
        self, name: str | None = None, latitude: float | None = None, longitude: float | None = None
    ) -> "list[rows.BoundarySummary]":
        """Finds boundaries that meet a point, or whose long name contains a text."""
        found = self.transport.get("/boundaries/search", name=name, latitude=latitude, longitude=longitude)
        return _SUMMARIES.validate_python(found)

    def get(self, name: str) -> rows.Boundary:
        return rows.Boundary.model_validate(self.transport.get(f"/boundaries/{name}"))

    def import_file(
        self, path: Path, name_column: str = "name", name_long_column: str = "name_long", admin_level: str = "0",
        wipe: bool = False,
    ) -> rows.ImportedBoundaries:  # fmt: skip
        """Stores all features of a GeoJSON FeatureCollection or none. For administrators."""
        params = {"name_column": name_column, "name_long_column": name_long_column, "admin_level": admin_level,
                  "wipe": wipe}  # fmt: skip
        said = self.transport.write(
            "POST", "/boundaries", content=path.read_bytes(), params=params, timeout=IMPORT_TIMEOUT,
            headers={"Content-Type": "application/geo+json"},
        )  # fmt: skip
        return rows.ImportedBoundaries.model_validate(said)

    def delete(self, name: str) -> None:
        self.transport.write("DELETE", f"/boundaries/{name}")


class Packages:
    """What is stored, and the processors that make it. Methods raise ApiError and Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def processors(self) -> list[rows.Dataset]:
        return _DATASETS.validate_python(self.transport.get("/processors"))

    def list(self) -> list[rows.PackageSummary]:
        return _PACKAGES.validate_python(self.transport.get("/packages"))

    def get(self, boundary_name: str) -> rows.Package:
        return rows.Package.model_validate(self.transport.get(f"/packages/{boundary_name}"))

    def download_link(self, boundary_name: str, processors: Sequence[str] = ()) -> rows.Download:
        """Returns an address of the package, or of some of its processors, as one zip file."""
        link = self.transport.get(f"/packages/{boundary_name}/download", processors=list(processors) or None)
        return rows.Download.model_validate(link)

    def download(
        self, boundary_name: str, target: Path, processors: Sequence[str] = (),
        on_bytes: Callable[[int, int], None] | None = None,
    ) -> int:  # fmt: skip
        """Writes the package to the zip file `target` and returns its number of files. `on_bytes(size, total)` is
        called for each chunk. Raises OperationFailed when a file is not the one that its SHA-256 names; then there is
        no `target`."""
        link = self.download_link(boundary_name, processors)
        partial = target.with_name(f"{target.name}.part")
        try:
            download(link.url, partial, on_bytes)
            count = verify(partial, link.bytes)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        return count


class PackageJobs:
    """Jobs that make packages. Methods raise ApiError and Unreachable."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def estimate(self, area: Area, processors: Sequence[str], **options: str) -> dict[str, Any]:
        """Returns what a job would give; nothing is made."""
        return self.transport.write("POST", "/jobs/estimate", _request(area, processors, options))

    def submit(
        self, area: Area, processors: Sequence[str], title: str = "", redo: bool = False, notify: bool = True,
        **options: str,
    ) -> UUID:  # fmt: skip
        """Begins a job and returns its id. `options` are `raster`, `vector` and `outside`."""
        body = {**_request(area, processors, options), "title": title, "redo": redo, "notify": notify}
        return UUID(self.transport.write("POST", "/jobs", body)["job_id"])

    def get(self, job_id: UUID | str) -> rows.PackageJob:
        return rows.PackageJob.model_validate(self.transport.get(f"/jobs/{job_id}"))

    def list(self, limit: int = 50, offset: int = 0, **filters: Any) -> Page[rows.PackageJob]:
        """Returns the caller's jobs, newest first. `filters` are `boundary_name` and `status`."""
        body = self.transport.get("/jobs", limit=limit, offset=offset, **filters)
        return Page[rows.PackageJob].model_validate(body)

    def cancel(self, job_id: UUID | str) -> rows.PackageJob:
        """Cancels what has not ended; what has been made stays."""
        return rows.PackageJob.model_validate(self.transport.write("DELETE", f"/jobs/{job_id}"))

    def follow(self, job_id: UUID | str, limit: float = 86_400) -> Iterator[rows.PackageJob]:
        """Yields the job every second until it is over. Raises TimeoutError after `limit` seconds."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            job = self.get(job_id)
            yield job
            if job.is_over:
                return
            time.sleep(POLL_INTERVAL)
        raise TimeoutError(f"job {job_id} did not end within {limit:.0f} s")


def _request(area: Area, processors: Sequence[str], options: dict[str, str]) -> dict[str, Any]:
    named = {"boundary_name": area} if isinstance(area, str) else {"area": area}
    return {**named, "processors": list(processors), "options": options}


_SUMMARIES, _DATASETS = TypeAdapter(list[rows.BoundarySummary]), TypeAdapter(list[rows.Dataset])
_PACKAGES = TypeAdapter(list[rows.PackageSummary])

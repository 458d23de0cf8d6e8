"""What owners of packages answer in tests of the doors."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from contracts.catalog.package_jobs import PackageJob, PackageOptions, PackageTask

HOST = "https://fair.example/packages"
LICENCE = {"name": "CC-BY-4.0", "path": "https://creativecommons.org/licenses/by/4.0/", "title": "CC BY 4.0"}
NOW = datetime(2026, 5, 1, tzinfo=UTC)


def boundary(name: str, number: int = 1) -> dict[str, Any]:
    return {"id": number, "name": name, "name_long": name.title()}


def version(name: str) -> dict[str, Any]:
    return {
        "name": name, "description": "d", "version": name.partition(".")[2], "status": "", "uri": "", "data_author": "",
        "data_title": "T", "data_title_long": "", "data_summary": "", "data_citation": "", "data_license": LICENCE,
        "data_origin_url": "http://url", "data_formats": ["GeoTIFF"], "release": "1.0.0",
    }  # fmt: skip


DATASETS = [
    {"name": "gridfinder", "versions": [version("gridfinder.version_1")]},
    {"name": "test_processor", "versions": [version("test_processor.version_1"), version("test_processor.version_2")]},
]


def task(status: str = "PENDING", name: str = "test_processor.version_1", **more: Any) -> PackageTask:
    return PackageTask(processor_name=name, job_id=str(uuid4()), job_status=status, **more)  # type: ignore[arg-type]


def job(*tasks: PackageTask, job_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    """The JSON of a job."""
    given = {
        "id": job_id or uuid4(), "user_id": 7, "boundary_name": "gambia", "options": PackageOptions(),
        "status": "PENDING", "percent": 0, "tasks": list(tasks or [task()]), "package_uri": f"{HOST}/gambia/",
        "created_at": NOW,
    }  # fmt: skip
    return PackageJob(**{**given, **more}).model_dump(mode="json")

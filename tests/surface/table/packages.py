"""Boundaries, processors, packages and their jobs: open data that everybody may read."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.surface.expected import Row
from tests.surface.rows import Rows

Names = Mapping[str, Callable[[Rows], Any]]
BOUNDARY: Names = {"boundary_name": lambda _: "nowhere"}
JOB: Names = {"job_id": lambda _: "00000000-0000-4000-8000-000000000000"}
PROCESS: Names = {"process_id": lambda _: "nothing.version_1"}
DATASET: Names = {"dataset_name": lambda _: "nothing"}
JOBS, OGC = "/api/v1/jobs", "/api/ogc/processes"
UNKNOWN = "nothing has this name"
BODY = {"boundary_name": "nowhere", "processors": ["nothing.version_1"]}
NO_BOUNDARY = "there is no such boundary"
COLLECTION = {"type": "FeatureCollection", "features": []}


def unknown(route: str, names: Names, **more: Any) -> Row:
    return Row(route, names=names, **{"done": 404, "row": False, "why": UNKNOWN, **more})


ROWS = [
    unknown("GET /api/v1/boundaries/{boundary_name}", BOUNDARY),
    unknown("DELETE /api/v1/boundaries/{boundary_name}", BOUNDARY),
    Row("GET /api/v1/boundaries/search", query="name=nowhere"),
    Row("POST /api/v1/boundaries", body=COLLECTION, done=422, why="a collection has features"),
    unknown("GET /api/v1/processors/{dataset_name}", DATASET),
    unknown("GET /api/v1/processors/{dataset_name}/{version}", {**DATASET, "version": lambda _: "version_1"}),
    unknown("GET /api/v1/packages/{boundary_name}", BOUNDARY),
    unknown("GET /api/v1/packages/{boundary_name}/download", BOUNDARY),
    unknown(
        "GET /api/v1/packages/{boundary_name}/archive.zip", BOUNDARY, query="token=x", done=403,
        why="the link that was signed decides",
    ),
    unknown("GET /packages/{path:path}", {"path": lambda _: "nowhere"}),
    Row("GET /packages", done=301, why="the address of a folder ends with a slash"),
    Row("GET /api/v1/readiness", done=500, why="no worker runs here"),
    Row(f"POST {JOBS}", body=BODY, done=400, why=NO_BOUNDARY),
    Row(f"POST {JOBS}/estimate", body=BODY, done=400, why=NO_BOUNDARY),
    unknown(f"GET {JOBS}/{{job_id}}", JOB),
    unknown(f"DELETE {JOBS}/{{job_id}}", JOB),
    unknown(f"GET {OGC}/processes/{{process_id}}", PROCESS),
    unknown(f"POST {OGC}/processes/{{process_id}}/execution", PROCESS),
    unknown(f"GET {OGC}/jobs/{{job_id}}", JOB),
    unknown(f"GET {OGC}/jobs/{{job_id}}/results", JOB),
    unknown(f"DELETE {OGC}/jobs/{{job_id}}", JOB),
]  # fmt: skip

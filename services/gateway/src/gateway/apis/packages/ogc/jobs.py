"""Jobs as OGC API - Processes shows them."""

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog.package_jobs import CancelPackageJob, ListPackageJobs, PackageJob
from contracts.shared import Page
from gateway.apis.packages.dialect import READ
from gateway.apis.packages.jobs import cancelled, job_of
from gateway.apis.packages.ogc.dialect import OGC, PREFIX, link
from gateway.apis.packages.ogc.processes import Described
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes
from kit.errors import NotFound

routes = Routes("ogc-processes", OGC, prefix=PREFIX)
NOT_READY = {404: "There is no such job, or it has no results yet."}


@routes.get("/jobs", Policy.AUTH, Described, scope=READ)
async def list_jobs(request: Request, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """Lists the caller's jobs, newest first."""
    rows = orjson.loads(await answer(request, ListPackageJobs(page=Page(limit=limit))))["results"]
    jobs = [status_info(request, PackageJob.model_validate(row)) for row in rows]
    return JSONResponse({"jobs": jobs, "links": [link(request, "/jobs", "self")]})


@routes.get("/jobs/{job_id}", Policy.PUBLIC_READ, Described, scope=READ)
async def get_job(request: Request, job_id: str) -> Response:
    """Tells how far a job is."""
    return JSONResponse(status_info(request, await job_of(request, job_id)))


@routes.add(
    "DELETE", "/jobs/{job_id}", Policy.OWNER, Described, sends=CancelPackageJob,
    refuses={403: "The job is somebody else's.", 409: "It has ended already."},
)  # fmt: skip
async def dismiss_job(request: Request, job_id: str) -> Response:
    """Cancels what has not ended."""
    return await cancelled(request, job_id, partial(status_info, request))


@routes.get("/jobs/{job_id}/results", Policy.PUBLIC_READ, Described, scope=READ, refuses=NOT_READY)
async def get_job_results(request: Request, job_id: str) -> Response:
    """Names the package, once the job has succeeded."""
    job = await job_of(request, job_id)
    if _status(job) != "successful":
        raise NotFound("result_not_ready", f"Job {job_id} has no results: {_status(job)}.")
    return JSONResponse({"package": {"href": job.package_uri, "type": "text/html"}})


def status_info(request: Request, job: PackageJob) -> dict[str, Any]:
    """Returns the `statusInfo` of a job; members that do not apply are left out."""
    dates = {"created": job.created_at, "started": job.started_at, "finished": job.ended_at}
    links = [link(request, f"/jobs/{job.id}", "self")]
    if _status(job) == "successful":
        links.append(link(request, f"/jobs/{job.id}/results", "http://www.opengis.net/def/rel/ogc/1.0/results"))
    return {
        "processID": job.tasks[0].processor_name, "type": "process", "jobID": str(job.id), "status": _status(job),
        "message": job.problem or job.tasks[0].stage, "progress": job.percent,
        **{name: date.isoformat() for name, date in dates.items() if date}, "links": links,
    }  # fmt: skip


def _status(job: PackageJob) -> str:
    if job.status == "PENDING":
        return "running" if job.started_at else "accepted"
    if job.cancelled:
        return "dismissed"
    return "successful" if all(task.job_status in ("SUCCESS", "SKIPPED") for task in job.tasks) else "failed"

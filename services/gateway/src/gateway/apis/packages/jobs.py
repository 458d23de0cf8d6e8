"""Jobs that make packages."""

from collections.abc import Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import Query
from pydantic import BaseModel, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog import package_jobs as c
from gateway.apis.packages.dialect import PACKAGES, READ
from gateway.apis.packages.job_status import JobStatus, status_of
from gateway.http.commands import send
from gateway.http.inputs.fields import Body
from gateway.http.inputs.json_body import JsonRequest
from gateway.http.pagination import Filters, Word
from gateway.http.policy import LargeMember, Policy
from gateway.http.problems import MEDIA
from gateway.http.queries import JSON, answer, ask, page_response
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.http.uploads.large_commands import whole
from gateway.openapi.schemas import ListOf
from kit.errors import Invalid, NotFound

routes = Routes("jobs", PACKAGES)
ESTIMATE_WAIT, ESTIMATE_DEADLINE = 15.0, 20.0
LARGE_WAIT, DEADLINE = 30.0, 120.0
"""Seconds of the owner with a large area, and of the whole request."""
AREA, ESTIMATED_AREA = LargeMember("area", 64 << 20), LargeMember("area", 6 << 20)
"""A question travels in one message, a job does not."""
NO_LOGIN = "anonymous_jobs"
REFUSED = {400: "No jobs are accepted, or the boundary or a processor is unknown."}
BOUNDARY = {"boundary_name": "gambia", "processors": ["gridfinder.version_1"]}


class JobAccepted(BaseModel):
    job_id: UUID


ACCEPTED: dict[int | str, dict[str, Any]] = {202: {"description": "Accepted", "model": JobAccepted}}


class EstimateBody(Body):
    """For a stored boundary, or for an own `area`: a GeoJSON Polygon, MultiPolygon, Feature or FeatureCollection in
    EPSG:4326."""

    model_config = {"json_schema_extra": {"examples": [BOUNDARY]}}

    area: dict[str, Any] | None = None
    boundary_name: Annotated[str, Field(max_length=200)] | None = Field(None, validate_default=True)
    title: str = Field("", max_length=200)
    processors: list[c.RequestedProcessor] = Field(min_length=1, max_length=50)
    options: c.PackageOptions = c.PackageOptions()

    @field_validator("boundary_name")
    @classmethod
    def _one_area(cls, name: str | None, info: ValidationInfo) -> str | None:
        area = info.data.get("area")
        if name is None and area is None and "area" in info.data:
            raise PydanticCustomError("missing", "Field required")
        if name is not None and area is not None:
            raise ValueError("a boundary and an own area cannot both be given")
        return name

    @field_validator("processors")
    @classmethod
    def _different(cls, names: list[str]) -> list[str]:
        if len(set(names)) < len(names):
            raise ValueError("duplicate processors not allowed")
        return names

    def job_area(self, request: Request) -> c.JobArea:
        """Returns the area; a large one as the text that the request has of it."""
        given = {"boundary_name": self.boundary_name, "title": self.title}
        text = request.text_of_member if isinstance(request, JsonRequest) else None
        if text is None:
            return c.JobArea(**given, geometry=self.area)
        try:
            return c.JobArea(**given, text=text.decode())
        except UnicodeDecodeError as error:
            raise Invalid("outline_unreadable", "The area is not UTF-8 text.") from error


class JobBody(EstimateBody):
    """`redo` makes what is there already again; `notify` sends a notification, and a mail, at the end."""

    redo: bool = False
    notify: bool = True


class JobFilters(Filters):
    boundary_name: Word | None = None
    status: Literal["PENDING", "COMPLETE"] | None = None


@routes.post(
    "/jobs", Policy.AUTH, JobAccepted, status=202, sends=c.SubmitPackageJob, waived_by=NO_LOGIN, large=AREA,
    deadline=DEADLINE, responses=ACCEPTED, refuses=REFUSED,
)  # fmt: skip
async def submit_package_job(request: Request, body: JobBody) -> Response:
    """Begins a job and returns at once. What is there already, or being made by another job, shows in its result."""
    return await submitted(request, body)


async def submitted(request: Request, body: JobBody) -> Response:
    """Returns the refusal, or the id of the job, which is that of its command."""
    command = c.SubmitPackageJob(
        area=body.job_area(request), processors=body.processors, options=body.options, redo=body.redo,
        notify=body.notify,
    )  # fmt: skip
    large = command.area.text is not None
    response = await send(request, command, LARGE_WAIT if large else None, whole(command) if large else None)
    if response.media_type == MEDIA:
        return response
    job_id = orjson.loads(response.body)["id"]
    address = f"{request_context(request).app.settings.api_path}/jobs/{job_id}"
    replayed = {name: response.headers[name] for name in ("idempotent-replayed",) if name in response.headers}
    return JSONResponse({"job_id": job_id}, 202, {"location": address, "retry-after": "1", **replayed})


@routes.post(
    "/jobs/estimate", Policy.ANON, dict[str, Any], large=ESTIMATED_AREA, deadline=ESTIMATE_DEADLINE, refuses=REFUSED
)
async def estimate_package_job(request: Request, body: EstimateBody) -> Response:
    """Tells what a job would give, in size and time, for each processor. Nothing is fetched or made."""
    query = c.EstimatePackage(area=body.job_area(request), processors=body.processors, options=body.options)
    return await ask(request, query, ESTIMATE_WAIT)


@routes.get("/jobs", Policy.AUTH, ListOf[JobStatus], scope=READ)
async def list_package_jobs(request: Request, filters: Annotated[JobFilters, Query()]) -> Response:
    """Lists the caller's jobs, those of everybody for administrators, newest first."""
    page = filters.page(request_context(request).app.settings.page_size)
    query = c.ListPackageJobs(page=page, boundary_name=filters.boundary_name, status=filters.status)
    rows = orjson.loads(await answer(request, query))
    jobs = [status_of(c.PackageJob.model_validate(row)) for row in rows["results"]]
    return page_response(request, page, rows["count"], jobs)


@routes.get("/jobs/{job_id}", Policy.PUBLIC_READ, JobStatus, scope=READ)
async def get_package_job(request: Request, job_id: str) -> Response:
    """Tells how far a job is, and what came of each processor."""
    return JSONResponse(status_of(await job_of(request, job_id)))


async def job_of(request: Request, job_id: str) -> c.PackageJob:
    """Raises NotFound for an unknown or forgotten id, and for a text that is none."""
    try:
        return c.PackageJob.model_validate_json(await answer(request, c.GetPackageJob(job_id=number_of(job_id))))
    except NotFound as error:
        raise NotFound("job_not_found", f"Job not found: {job_id}") from error


def number_of(job_id: str) -> UUID:
    """Raises NotFound."""
    try:
        return UUID(job_id)
    except ValueError as error:
        raise NotFound("job_not_found", f"Job not found: {job_id}") from error


@routes.add(
    "DELETE", "/jobs/{job_id}", Policy.OWNER, JobStatus, sends=c.CancelPackageJob,
    refuses={403: "The job is somebody else's.", 409: "It has ended already."},
)  # fmt: skip
async def cancel_package_job(request: Request, job_id: str) -> Response:
    """Cancels what has not ended; what has been made stays."""
    return await cancelled(request, job_id, status_of)


async def cancelled(request: Request, job_id: str, show: Callable[[c.PackageJob], dict[str, Any]]) -> Response:
    """Returns the refusal, or the job as `show` has it."""
    response = await send(request, c.CancelPackageJob(job_id=number_of(job_id)))
    if response.media_type != JSON or "location" in response.headers:
        return response
    return JSONResponse(show(c.PackageJob.model_validate(orjson.loads(response.body))))

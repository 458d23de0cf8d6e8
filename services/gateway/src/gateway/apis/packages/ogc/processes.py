"""Landing page, conformance, and processes: what there is, and how to execute it."""

from typing import Any

import orjson
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.catalog.package_jobs import PackageOptions, SubmitPackageJob
from contracts.catalog.packages import ListProcessors
from contracts.shared import Json
from gateway.apis.packages.dialect import READ
from gateway.apis.packages.jobs import NO_LOGIN, REFUSED, JobBody, submitted
from gateway.apis.packages.ogc.dialect import OGC, PREFIX, link
from gateway.apis.packages.ogc.process_description import description, summary
from gateway.apis.packages.processors import processor
from gateway.http.policy import Policy
from gateway.http.problems import MEDIA
from gateway.http.queries import answer
from gateway.http.routing import Routes
from kit.errors import Invalid, NotFound

routes = Routes("ogc-processes", OGC, prefix=PREFIX)
_CLASSES = "http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf"
CONFORMS = [f"{_CLASSES}/{name}" for name in ("core", "ogc-process-description", "json", "job-list", "dismiss")]
EXAMPLE: Json = {"inputs": {"boundary": "gambia", "raster": "COG"}}
Described = dict[str, Any]


class Execution(BaseModel):
    """`inputs` are `boundary` or `area`, `raster`, `vector`, `outside`. A value may stand in an object as its
    `value`."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    inputs: dict[str, Any] = Field(max_length=20)


@routes.get("/", Policy.OPEN, Described, scope=None)
async def landing(request: Request) -> Response:
    """The landing page of OGC API - Processes."""
    places = {"/": "self", "/conformance": "http://www.opengis.net/def/rel/ogc/1.0/conformance",
              "/processes": "http://www.opengis.net/def/rel/ogc/1.0/processes",
              "/jobs": "http://www.opengis.net/def/rel/ogc/1.0/job-list"}  # fmt: skip
    document = {**link(request, "", "service-desc"), "type": "application/vnd.oai.openapi+json;version=3.1"}
    document["href"] = document["href"].removesuffix(PREFIX) + "/api/schema/"
    links = [*(link(request, path, rel) for path, rel in places.items()), document]
    return JSONResponse({"title": "Packages of open data", "description": "Cut by boundary or area.", "links": links})


@routes.get("/conformance", Policy.OPEN, Described, scope=None)
async def conformance(request: Request) -> Response:
    """Lists the requirement classes that this API conforms to."""
    return JSONResponse({"conformsTo": CONFORMS})


@routes.get("/processes", Policy.PUBLIC_READ, Described, scope=READ)
async def list_processes(request: Request) -> Response:
    """Lists all processors as processes."""
    datasets = orjson.loads(await answer(request, ListProcessors()))
    found = [
        summary(version, [link(request, f"/processes/{version['name']}", "self")])
        for dataset in datasets
        for version in dataset["versions"]
    ]
    return JSONResponse({"processes": found, "links": [link(request, "/processes", "self")]})


@routes.get("/processes/{process_id}", Policy.PUBLIC_READ, Described, scope=READ)
async def get_process(request: Request, process_id: str) -> Response:
    """Describes a process with its inputs and outputs."""
    version = await _process(request, process_id)
    execute = "http://www.opengis.net/def/rel/ogc/1.0/execute"
    links = [link(request, f"/processes/{process_id}", "self"),
             link(request, f"/processes/{process_id}/execution", execute)]  # fmt: skip
    return JSONResponse(description(version, links))


@routes.post(
    "/processes/{process_id}/execution", Policy.AUTH, Described, status=201, sends=SubmitPackageJob,
    waived_by=NO_LOGIN, body=None, refuses={**REFUSED, 404: "There is no such process."},
)  # fmt: skip
async def execute_process(request: Request, process_id: str, body: Execution) -> Response:
    """Begins a job of one processor, always asynchronously; its status is at `Location`."""
    await _process(request, process_id)
    response = await submitted(request, _job(process_id, body.inputs))
    if response.media_type == MEDIA:
        return response
    job_id = orjson.loads(response.body)["job_id"]
    place = link(request, f"/jobs/{job_id}", "self")
    info = {"processID": process_id, "type": "process", "jobID": job_id, "status": "accepted", "links": [place]}
    return JSONResponse(info, 201, {"location": place["href"]})


async def _process(request: Request, process_id: str) -> dict[str, Any]:
    dataset, _, version = process_id.partition(".")
    try:
        return await processor(request, dataset, version)
    except NotFound as error:
        raise NotFound("processor_not_found", f"There is no process {process_id}.") from error


def _job(process_id: str, inputs: dict[str, Any]) -> JobBody:
    """Raises Invalid for inputs that do not fit."""
    given = {name: _value(value) for name, value in inputs.items()}
    options = {name: given[name] for name in PackageOptions.model_fields if name in given}
    try:
        return JobBody.model_validate({
            "boundary_name": given.get("boundary"), "area": given.get("area"), "processors": [process_id],
            "options": options,
        })  # fmt: skip
    except ValidationError as error:
        told = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise Invalid("invalid_inputs", "The inputs do not fit.", inputs=told) from error


def _value(given: Any) -> Any:
    return given["value"] if isinstance(given, dict) and "value" in given else given

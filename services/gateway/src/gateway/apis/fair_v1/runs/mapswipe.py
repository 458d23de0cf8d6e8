"""`/mapswipe-project/`: v1 waited for the project; now a job creates it, so the route waits for the job.

v1 received the addresses of features and imagery. The features are those of a prediction here, which `prediction_id`
names, or the address of its `labels.geojson` as v1's frontend sends it.
"""

import asyncio
import re
from typing import Annotated, Any

import orjson
from fastapi import Path
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction.mapswipe import GetMapswipe, PushToMapswipe
from gateway.apis.fair_v1.answers import Row
from gateway.apis.fair_v1.dialect import V1_WITH_CODE
from gateway.apis.fair_v1.rows import Coded, MadeProject, ShownProject
from gateway.http.commands import JSON, send
from gateway.http.inputs.fields import Body, Id
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.policy import Policy
from gateway.http.queries import answer
from gateway.http.routing import Routes
from kit.errors import Unprocessable

routes = Routes("mapswipe", V1_WITH_CODE)
DEADLINE, MAX_POLLS, POLL_INTERVAL = 45.0, 60, 0.5
MOST = 2**31 - 1
FAILED, MAPSWIPE_FAILED = "EXTERNAL_SERVICE_ERROR", "Mapswipe refused, or did not answer in time."
_OURS = re.compile(r"/prediction_(\d{1,18})/")
Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Address = Annotated[str, Field(max_length=2000)]
ProjectId = Annotated[str, Path(max_length=200)]


class ProjectBody(Body):
    """`tms_url` replaces the imagery of the prediction, the picture at `cover_image` one of its tiles."""

    topic: Text
    region: Text
    description: Text
    instruction: Text
    look_for: Text = "buildings"
    prediction_id: Id
    geojson_url: Address | None = None
    tms_url: Address | None = None
    cover_image: Address | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """Reads the prediction from the address of its features when there is no `prediction_id`."""
        if not isinstance(given, dict) or given.get("prediction_id") is not None:
            return given
        named = _OURS.search(str(given.get("geojson_url")))
        return {**given, "prediction_id": int(named[1])} if named else given

    @model_validator(mode="after")
    def _same(self) -> "ProjectBody":
        named = _OURS.search(self.geojson_url or "")
        if named and int(named[1]) != self.prediction_id:
            raise ValueError("prediction_id and geojson_url name different predictions")
        return self

    @property
    def wishes(self) -> dict[str, Any]:
        """v1 numbered projects at random, because Mapswipe requires distinct names."""
        return {
            **self.model_dump(exclude={"prediction_id", "geojson_url"}, exclude_none=True),
            "project_number": (self.prediction_id - 1) % MOST + 1,
        }


@routes.post(
    "/mapswipe-project/", Policy.OWNER, Coded[MadeProject], status=201, deadline=DEADLINE, sends=PushToMapswipe,
    refuses={404: "There is no such prediction.", 409: "Its results are not ready or empty.", 502: MAPSWIPE_FAILED},
)  # fmt: skip
async def create_project(request: Request, body: ProjectBody) -> Response:
    """A prediction has one project, which a repeated request returns."""
    command = PushToMapswipe(prediction_id=body.prediction_id, wishes=body.wishes)
    response = await send(request, command, wait=PIPELINE_SERVER_WAIT)
    there = response.status_code == 409 and _reason(response) in ("push_under_way", "already_pushed")
    if not there and (response.status_code != 202 or "location" in response.headers):
        return response
    state = await _pushed(request, body.prediction_id)
    data = {"project_id": state["mapswipe_project_id"], "status": "READY_TO_PROCESS",
            "prediction_id": body.prediction_id}  # fmt: skip
    outcome = "was there already" if there else "created successfully"
    return _success(f"MapSwipe project {outcome} and linked to prediction", data, 201)


@routes.get("/mapswipe-project/{project_id}/", Policy.PUBLIC_READ, Coded[ShownProject], refuses={502: MAPSWIPE_FAILED})
async def get_project(request: Request, project_id: ProjectId) -> Response:
    state = orjson.loads(await answer(request, GetMapswipe(project_id=project_id), PIPELINE_SERVER_WAIT))
    if state["details"] is None:
        raise Unprocessable(FAILED, state["reason"] or "Mapswipe was not reached.", http=502)
    return _success("Project details retrieved successfully", _shown(state))


def _shown(state: Row) -> Row:
    """`results` exists once it is finished, at the top and below `mapswipe`, where two frontends read it."""
    exports = {name: {"file": file} for name, file in (state["results"] or {}).items()}
    results = {"results": {**exports, "mapswipe": exports}} if state["results"] else {}
    return {**state["details"], "webUrl": state["web_url"], **results}


async def _pushed(request: Request, prediction_id: int) -> Row:
    """Waits for the job. Raises 502 when Mapswipe refused or did not answer in time."""
    for _ in range(MAX_POLLS):
        state = orjson.loads(await answer(request, GetMapswipe(prediction_id=prediction_id, details=False)))
        if state["state"] == "pushed":
            return state
        if state["state"] == "failed":
            raise Unprocessable(FAILED, state["reason"], http=502)
        await asyncio.sleep(POLL_INTERVAL)
    raise Unprocessable(FAILED, "Mapswipe did not answer in time; the project may still be created.", http=502)


def _reason(response: Response) -> str:
    return orjson.loads(response.body)["error"]["details"].get("reason", "")


def _success(message: str, data: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps({"code": "SUCCESS", "message": message, "data": data}), status, media_type=JSON)

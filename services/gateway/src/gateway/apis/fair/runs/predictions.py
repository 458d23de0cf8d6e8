"""Predictions: submit, watch, cancel, publish."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import AliasChoices, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts import prediction as c
from contracts.shared import RunStatus, Visibility
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair.runs import pipeline_runs
from gateway.http.commands import send
from gateway.http.inputs.areas import BoundingBox, Geometry, Zoom, polygon_of
from gateway.http.inputs.fields import Body, Id, TileTemplate, UserId
from gateway.http.limits.timeouts import PIPELINE_SERVER_WAIT
from gateway.http.pagination import (
    Ordered,
    Searched,
    Word,
)
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features, ListOf

routes = Routes("predictions", FAIR)
SQUARE = [[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]
EXAMPLE = {"model_stac_id": "unet-v1", "image_uri": "https://img.example/t/{z}/{x}/{y}.png", "zoom": 19,
           "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}  # fmt: skip


class PredictBody(Body):
    """Exactly one of `bbox` and `geometry`."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    model_stac_id: str = Field(min_length=1, max_length=64)
    image_uri: TileTemplate
    bbox: BoundingBox | None = None
    geometry: Geometry | None = None
    zoom: Zoom
    params: dict[str, Any] = {}
    remove_osm: bool = False
    description: str = ""

    @model_validator(mode="after")
    def _one(self) -> "PredictBody":
        if (self.bbox is None) == (self.geometry is None):
            raise ValueError("exactly one of bbox and geometry is needed")
        return self

    def command(self) -> c.SubmitPrediction:
        area = self.geometry.model_dump() if self.geometry else polygon_of(self.bbox or (0, 0, 0, 0))
        values = self.model_dump(exclude={"bbox", "geometry"})
        return c.SubmitPrediction(geometry=area, **values)


class CentroidFilters(Searched):
    local_model_stac_id: Word | None = None
    user: UserId | None = None
    status: RunStatus | None = None
    visibility: Visibility | None = None


class PredictionFilters(CentroidFilters, Ordered):
    pass


class PredictionPatch(Body):
    """`mapswipe_id` is what older clients call `mapswipe_project_id`."""

    description: str | None = Field(None, max_length=10_000)
    mapswipe_project_id: str | None = Field(
        None, max_length=200, validation_alias=AliasChoices("mapswipe_project_id", "mapswipe_id")
    )


@routes.get("/predictions/", Policy.PUBLIC_READ, ListOf[c.Prediction])
async def list_predictions(request: Request, filters: Annotated[PredictionFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListPredictions, filters)


@routes.get("/predictions/centroid/", Policy.PUBLIC_READ, Features[Feature])
async def list_centroids(request: Request, filters: Annotated[CentroidFilters, Query()]) -> Response:
    """Returns a point inside each prediction that the caller may see; not paginated."""
    return await ask(request, c.ListCentroids(search=filters.search, **filters.fields()))


@routes.get("/predictions/{prediction_id}/", Policy.PUBLIC_READ, c.Prediction)
async def get_prediction(request: Request, prediction_id: Id) -> Response:
    return await ask(request, c.GetPrediction(prediction_id=prediction_id))


@routes.patch("/predictions/{prediction_id}/", Policy.OWNER, c.Prediction, sends=c.ChangePrediction)
async def change_prediction(request: Request, prediction_id: Id, body: PredictionPatch) -> Response:
    return await send(request, c.ChangePrediction(prediction_id=prediction_id, **body.model_dump()))


@routes.delete(
    "/predictions/{prediction_id}/", Policy.OWNER, sends=c.DeletePrediction, refuses={409: "It has not ended yet."}
)
async def delete_prediction(request: Request, prediction_id: Id) -> Response:
    """Only a prediction that has ended; a job deletes its files."""
    return await send(request, c.DeletePrediction(prediction_id=prediction_id))


@routes.post(
    "/predictions/submit/", Policy.AUTH, c.Prediction, status=202, scope="prediction_submit",
    body=None, sends=c.SubmitPrediction, refuses={404: "There is no such model."},
)  # fmt: skip
async def submit_prediction(request: Request, body: PredictBody) -> Response:
    return await send(request, body.command())


@routes.post(
    "/predictions/{prediction_id}/retry/", Policy.OWNER, c.Prediction, status=202, scope="prediction_submit",
    sends=c.RetryPrediction,
    refuses={409: "It neither failed nor was cancelled."},
)  # fmt: skip
async def retry_prediction(request: Request, prediction_id: Id) -> Response:
    return await send(request, c.RetryPrediction(prediction_id=prediction_id))


@routes.post(
    "/predictions/{prediction_id}/cancel/", Policy.OWNER, c.CancelledPrediction, sends=c.CancelRun,
    refuses={409: "It has ended already."},
)  # fmt: skip
async def cancel_prediction(request: Request, prediction_id: Id, graceful: bool = False) -> Response:
    return await send(request, c.CancelRun(prediction_id=prediction_id, graceful=graceful), wait=PIPELINE_SERVER_WAIT)


@routes.get(
    "/predictions/{prediction_id}/result/", Policy.PUBLIC_READ, c.Result, refuses={409: "The results are not ready."}
)
async def get_result(request: Request, prediction_id: Id) -> Response:
    return await ask(request, c.GetResult(prediction_id=prediction_id))


@routes.post("/predictions/{prediction_id}/publish/", Policy.OWNER, c.Prediction, sends=c.SetPredictionVisibility)
async def publish_prediction(request: Request, prediction_id: Id) -> Response:
    return await send(request, c.SetPredictionVisibility(prediction_id=prediction_id, visibility="public"))


@routes.post("/predictions/{prediction_id}/unpublish/", Policy.OWNER, c.Prediction, sends=c.SetPredictionVisibility)
async def unpublish_prediction(request: Request, prediction_id: Id) -> Response:
    return await send(request, c.SetPredictionVisibility(prediction_id=prediction_id, visibility="private"))


pipeline_runs.register_run_routes(routes, "/predictions", c)

"""Published predictions, the same for all callers; credentials are not read."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import GetPrediction, GetResult, ListCentroids, ListPredictions, Prediction, Result
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import Id
from gateway.http.pagination import Ordered, Searched, Word
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import Feature, Features, ListOf

routes = Routes("public-predictions", FAIR)


class PublicFilters(Searched, Ordered):
    local_model_stac_id: Word | None = None


@routes.get("/public-predictions/", Policy.OPEN, ListOf[Prediction])
async def list_public_predictions(request: Request, filters: Annotated[PublicFilters, Query()]) -> Response:
    return await ask_rows(request, ListPredictions, filters, public=True)


@routes.get("/public-predictions/centroid/", Policy.OPEN, Features[Feature])
async def list_public_centroids(request: Request, filters: Annotated[PublicFilters, Query()]) -> Response:
    return await ask(request, ListCentroids(public=True, search=filters.search, **filters.fields()))


@routes.get("/public-predictions/{prediction_id}/", Policy.OPEN, Prediction)
async def get_public_prediction(request: Request, prediction_id: Id) -> Response:
    return await ask(request, GetPrediction(prediction_id=prediction_id, public=True))


@routes.get(
    "/public-predictions/{prediction_id}/result/", Policy.OPEN, Result, refuses={409: "The results are not ready."}
)
async def get_public_result(request: Request, prediction_id: Id) -> Response:
    return await ask(request, GetResult(prediction_id=prediction_id, public=True))

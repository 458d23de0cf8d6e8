"""`/feedback-aoi/` and `/feedback-label/`: areas where a training performed badly, and their correct labels.

The areas that one user marks for one training form a draft dataset that is named after the training. Its areas and
labels are ordinary ones; a feedback training builds it.
"""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import datasets as d
from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, ListAois
from contracts.catalog.labels import ChangeLabel, CreateLabel, DeleteLabel, FetchLabels, GetLabel, ListLabels
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.data.aois import aoi_as_gpx
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.related import RelatedData
from gateway.apis.fair_v1.rows import FeedbackAoi, FeedbackLabel
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, TileTemplate
from gateway.http.inputs.geometry_text import Geom
from gateway.http.pagination import Boxed
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask, ask_rows
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import FeaturesOf, Xml
from kit.errors import Invalid

routes = Routes("feedback", V1)


class FeedbackAoiBody(Body):
    geom: Geom
    training: Id
    source_imagery: TileTemplate | None = None


class FeedbackShape(Body):
    geom: Geom


class AoiFilters(Boxed):
    training: Id


class FeedbackLabelBody(Body):
    geom: Geom
    feedback_aoi: Id
    osm_id: int | None = None
    tags: dict[str, Any] | None = None


class LabelFilters(Boxed):
    feedback_aoi: Id | None = None
    feedback_aoi__training: Id | None = None


@routes.get("/feedback-aoi/", Policy.AUTH, FeaturesOf[FeedbackAoi])
async def list_feedback_areas(request: Request, filters: Annotated[AoiFilters, Query()]) -> Response:
    """Returns those of the caller."""
    dataset = await feedback_dataset(request, filters.training)
    rows = await ask_rows(request, ListAois, Boxed(**filters.model_dump(exclude={"training"})), geo=True,
                          dataset=dataset and dataset["id"], user=None if dataset else 0)  # fmt: skip
    return await page_to_v1(rows, _area_of(filters.training))


@routes.post("/feedback-aoi/", Policy.AUTH, FeedbackAoi, status=201, body=None, sends=(CreateAoi, d.CreateDataset))
async def create_feedback_area(request: Request, body: FeedbackAoiBody) -> Response:
    dataset = await feedback_dataset(request, body.training) or await _begun(request, body)
    if isinstance(dataset, Response):
        return dataset
    command = CreateAoi(geometry=body.geom, dataset=dataset["id"])
    return await to_v1(await send(request, command), _area_of(body.training))


@routes.get("/feedback-aoi/{aoi_id}/", Policy.PUBLIC_READ, FeedbackAoi)
async def get_feedback_area(request: Request, aoi_id: Id) -> Response:
    return await to_v1(await ask(request, GetAoi(aoi_id=aoi_id)), _area_of(None))


@routes.patch("/feedback-aoi/{aoi_id}/", Policy.OWNER, FeedbackAoi, body=None, sends=ChangeAoi)
async def change_feedback_area(request: Request, aoi_id: Id, body: FeedbackShape) -> Response:
    return await to_v1(await send(request, ChangeAoi(aoi_id=aoi_id, geometry=body.geom)), _area_of(None))


@routes.delete("/feedback-aoi/{aoi_id}/", Policy.OWNER, sends=DeleteAoi)
async def delete_feedback_area(request: Request, aoi_id: Id) -> Response:
    return await send(request, DeleteAoi(aoi_id=aoi_id))


routes.get("/feedback-aoi/gpx/{aoi_id}/", Policy.PUBLIC_READ, name="feedback_aoi_as_gpx", response_class=Xml)(
    aoi_as_gpx
)


@routes.post("/label/feedback/osm/fetch/{aoi_id}/", Policy.AUTH, str, status=201, sends=FetchLabels)
async def fetch_feedback_labels(request: Request, aoi_id: Id) -> Response:
    """A job fetches them; poll `label_status`. v1 responded only after they were fetched."""
    return await to_v1(await send(request, FetchLabels(aoi_id=aoi_id)), lambda _: "Success", 201)


@routes.get("/feedback-label/", Policy.AUTH, FeaturesOf[FeedbackLabel])
async def list_feedback_labels(request: Request, filters: Annotated[LabelFilters, Query()]) -> Response:
    training = filters.feedback_aoi__training
    dataset = await feedback_dataset(request, training) if training is not None else None
    nothing = training is not None and dataset is None
    box = Boxed(**filters.model_dump(include={"limit", "offset", "in_bbox"}))
    rows = await ask_rows(request, ListLabels, box, geo=True, aoi=0 if nothing else filters.feedback_aoi,
                          dataset=dataset and dataset["id"])  # fmt: skip
    return await page_to_v1(rows, _label)


@routes.post(
    "/feedback-label/", Policy.AUTH, FeedbackLabel, status=201, body=None, sends=CreateLabel,
    refuses={404: "There is no such area."},
)  # fmt: skip
async def create_feedback_label(request: Request, body: FeedbackLabelBody) -> Response:
    command = CreateLabel(aoi_id=body.feedback_aoi, geometry=body.geom, osm_id=body.osm_id, tags=body.tags)
    return await to_v1(await send(request, command), _label, 201)


@routes.get("/feedback-label/{label_id}/", Policy.PUBLIC_READ, FeedbackLabel)
async def get_feedback_label(request: Request, label_id: Id) -> Response:
    return await to_v1(await ask(request, GetLabel(label_id=label_id)), _label)


@routes.patch("/feedback-label/{label_id}/", Policy.OWNER, FeedbackLabel, body=None, sends=ChangeLabel)
async def change_feedback_label(request: Request, label_id: Id, body: FeedbackShape) -> Response:
    command = ChangeLabel(label_id=label_id, given=["geometry"], geometry=body.geom)
    return await to_v1(await send(request, command), _label)


@routes.delete("/feedback-label/{label_id}/", Policy.OWNER, sends=DeleteLabel)
async def delete_feedback_label(request: Request, label_id: Id) -> Response:
    return await send(request, DeleteLabel(label_id=label_id))


def _title(training_id: int) -> str:
    return f"Feedback on training {training_id}"


async def feedback_dataset(request: Request, training_id: int) -> Row | None:
    """Returns the caller's newest dataset of areas for that training that was not built yet."""
    page = Page(search=_title(training_id), ordering="-id", limit=1000)
    found = orjson.loads(await answer(request, d.ListDatasets(user=request_context(request).actor.id, page=page)))[
        "results"
    ]
    mine = (row for row in found if row["title"] == _title(training_id) and row["status"] in ("draft", "failed"))
    return next(mine, None)


async def _begun(request: Request, body: FeedbackAoiBody) -> Row | Response:
    related = RelatedData(request)
    training = await related.training(body.training)
    learned = await related.dataset(training["dataset"]) if training else None
    if training is None or not (body.source_imagery or learned):
        raise Invalid("unknown_training", "Invalid request data", training=["There is no such training."])
    imagery = body.source_imagery or (learned or {})["source_imagery"]
    command = d.CreateDataset(title=_title(body.training), source_imagery=imagery, category="buildings")
    response = await send(request, command)
    return orjson.loads(response.body) if response.status_code == 201 else response


def _area_of(training_id: int | None) -> Any:
    def reshape(feature: Row) -> Row:
        properties = feature["properties"]
        return {**feature, "id": properties["id"], "properties": {**properties, "training": training_id}}

    return reshape


def _label(feature: Row) -> Row:
    properties = dict(feature["properties"])
    return {**feature, "properties": {**properties, "feedback_aoi": properties.pop("aoi")}}

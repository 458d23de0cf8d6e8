"""Feedback of mappers on predicted features."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BeforeValidator, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import feedback as c
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, UserId, training_feedback_id
from gateway.http.inputs.geometry_text import Geom
from gateway.http.pagination import Boxed, Word
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import FeaturesOf

routes = Routes("feedback", FAIR)
LONGEST_ID = 200
EXAMPLE = {
    "type": "Feature", "geometry": {"type": "Point", "coordinates": [85.51, 27.62]},
    "properties": {"stac_id": "unet-v1", "action": "reject", "comments": "a lorry"},
}  # fmt: skip
StacId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Action = Annotated[c.Action, BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)]
"""In upper or lower case, as clients of both generations write it."""


class FirstGenerationMembers(Body):
    """Members of the first generation; `feedback_type` implies `action`."""

    feedback_type: c.Kind | None = None
    zoom_level: int | None = Field(default=None, ge=18, le=23)
    source_imagery: str | None = Field(default=None, min_length=1, max_length=4096)

    @model_validator(mode="before")
    @classmethod
    def _action_of_kind(cls, given: Any) -> Any:
        """True positives and true negatives are accepted, all others rejected."""
        if not isinstance(given, dict) or given.get("feedback_type") is None:
            return given
        return {"action": "accept" if str(given["feedback_type"]).startswith("T") else "reject", **given}


class FeedbackMembers(FirstGenerationMembers):
    """`stac_id` may be omitted when `prediction` is given: it is the model of that prediction. A `training` stands for
    the id `training-<number>`, and the `checkpoint` of `config` for a model."""

    stac_id: StacId | None = None
    action: Action = "accept"
    comments: str = ""
    config: dict[str, Any] = {}
    prediction: Id | None = None
    training: Id | None = None

    def values(self) -> dict[str, Any]:
        return {**self.model_dump(exclude={"training"}), "stac_id": self._subject_id()}

    def _subject_id(self) -> str:
        if self.stac_id is None and self.training is not None:
            return training_feedback_id(self.training)
        named = self.config.get("checkpoint") if self.prediction is None else None
        return self.stac_id or (named if isinstance(named, str) and len(named) <= LONGEST_ID else "")


def _as_feature(given: Any) -> Any:
    """Builds a Feature from a body without `properties`, as the first generation sends it, with `geom` or
    `geometry`."""
    if not isinstance(given, dict) or "properties" in given:
        return given
    members = {name: value for name, value in given.items() if name not in ("type", "geom", "geometry", "id")}
    feature = {"type": "Feature", "properties": members}
    shapes = [given[name] for name in ("geometry", "geom") if name in given]
    return {**feature, "geometry": shapes[0]} if shapes else feature


class FeedbackBody(Body):
    """A GeoJSON Feature of any geometry in EPSG:4326. Bodies of the first generation are accepted as well: all members
    at the top, the geometry in `geom`, also as WKT."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    type: Literal["Feature"] = "Feature"
    geometry: Geom
    properties: FeedbackMembers

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return _as_feature(given)


class ChangedMembers(FirstGenerationMembers):
    stac_id: StacId | None = None
    action: Action | None = None
    comments: str | None = None
    config: dict[str, Any] | None = None


class FeedbackPatch(Body):
    """Any part of a Feature."""

    type: Literal["Feature"] = "Feature"
    geometry: Geom | None = None
    properties: ChangedMembers = ChangedMembers()

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        return _as_feature(given)


class FeedbackFilters(Boxed):
    stac_id: Word | None = None
    action: Action | None = None
    user: UserId | None = Field(None, description="OSM id")
    prediction: Id | None = None
    training: Id | None = None

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        training = fields.pop("training")
        return fields if training is None else fields | {"stac_id": training_feedback_id(training)}


@routes.get("/feedback/", Policy.AUTH, FeaturesOf[c.FeedbackFeature])
async def list_feedback(request: Request, filters: Annotated[FeedbackFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListFeedback, filters, geo=True)


@routes.post("/feedback/", Policy.AUTH, c.FeedbackFeature, status=201, body=None, sends=c.GiveFeedback)
async def give_feedback(request: Request, body: FeedbackBody) -> Response:
    return await send(request, c.GiveFeedback(geometry=body.geometry, **body.properties.values()))


@routes.get("/feedback/{feedback_id}/", Policy.AUTH, c.FeedbackFeature)
async def get_feedback(request: Request, feedback_id: Id) -> Response:
    return await ask(request, c.GetFeedback(feedback_id=feedback_id))


@routes.put("/feedback/{feedback_id}/", Policy.OWNER, c.FeedbackFeature, body=None, sends=c.ChangeFeedback)
async def replace_feedback(request: Request, feedback_id: Id, body: FeedbackBody) -> Response:
    values = {**body.properties.values(), "stac_id": body.properties.stac_id}
    values.pop("prediction")
    return await send(request, c.ChangeFeedback(feedback_id=feedback_id, geometry=body.geometry, **values))


@routes.patch("/feedback/{feedback_id}/", Policy.OWNER, c.FeedbackFeature, body=None, sends=c.ChangeFeedback)
async def change_feedback(request: Request, feedback_id: Id, body: FeedbackPatch) -> Response:
    values = body.properties.model_dump()
    return await send(request, c.ChangeFeedback(feedback_id=feedback_id, geometry=body.geometry, **values))


@routes.delete("/feedback/{feedback_id}/", Policy.OWNER, sends=c.RemoveFeedback)
async def remove_feedback(request: Request, feedback_id: Id) -> Response:
    return await send(request, c.RemoveFeedback(feedback_id=feedback_id))

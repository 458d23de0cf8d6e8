"""What mappers say of predicted features."""

from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BeforeValidator, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import feedback as c
from gateway.body import Body, Id, UserId
from gateway.commands import send
from gateway.paging import Boxed, Word
from gateway.policy import Policy
from gateway.queries import ask, ask_rows
from gateway.routing import Routes
from gateway.schema import FeaturesOf

routes = Routes("feedback")
LONGEST_ID = 200
EXAMPLE = {
    "type": "Feature", "geometry": {"type": "Point", "coordinates": [85.51, 27.62]},
    "properties": {"stac_id": "unet-v1", "action": "reject", "comments": "a lorry"},
}  # fmt: skip
StacId = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Action = Annotated[c.Action, BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value)]
"""In any case, as clients of either generation write it."""


def judged(training_id: int) -> str:
    """What stands in `stac_id` for a training: its model may not have an item yet."""
    return f"training-{training_id}"


class EarlyMembers(Body):
    """What the first generation said; `feedback_type` says `action` as well."""

    feedback_type: c.Kind | None = None
    zoom_level: int | None = Field(None, ge=18, le=23)
    source_imagery: str | None = Field(None, min_length=1, max_length=4096)

    @model_validator(mode="before")
    @classmethod
    def _judged_then(cls, given: Any) -> Any:
        """True is right, whatever it is of."""
        if not isinstance(given, dict) or given.get("feedback_type") is None:
            return given
        return {"action": "accept" if str(given["feedback_type"]).startswith("T") else "reject", **given}


class FeedbackMembers(EarlyMembers):
    """`stac_id` may be left out where `prediction` is given: it is that prediction's model. A `training` stands for
    the id `training-<number>`, and the `checkpoint` of `config` for a model."""

    stac_id: StacId | None = None
    action: Action = "accept"
    comments: str = ""
    config: dict[str, Any] = {}
    prediction: Id | None = None
    training: Id | None = None

    def values(self) -> dict[str, Any]:
        return {**self.model_dump(exclude={"training"}), "stac_id": self._judged()}

    def _judged(self) -> str:
        if self.stac_id is None and self.training is not None:
            return judged(self.training)
        named = self.config.get("checkpoint") if self.prediction is None else None
        return self.stac_id or (named if isinstance(named, str) and len(named) <= LONGEST_ID else "")


class FeedbackBody(Body):
    """A GeoJSON Feature of any geometry in EPSG:4326."""

    model_config = {"json_schema_extra": {"examples": [EXAMPLE]}}

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any]
    properties: FeedbackMembers


class ChangedMembers(EarlyMembers):
    stac_id: StacId | None = None
    action: Action | None = None
    comments: str | None = None
    config: dict[str, Any] | None = None


class FeedbackPatch(Body):
    """Any part of a Feature."""

    type: Literal["Feature"] = "Feature"
    geometry: dict[str, Any] | None = None
    properties: ChangedMembers = ChangedMembers()


class FeedbackFilters(Boxed):
    stac_id: Word | None = None
    action: Action | None = None
    user: UserId | None = Field(None, description="OSM id")
    prediction: Id | None = None
    training: Id | None = None

    def fields(self) -> dict[str, Any]:
        fields = super().fields()
        training = fields.pop("training")
        return fields if training is None else fields | {"stac_id": judged(training)}


@routes.get("/feedback/", Policy.AUTH, FeaturesOf[c.FeedbackFeature])
async def list_feedback(request: Request, filters: Annotated[FeedbackFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListFeedback, filters, geo=True)


@routes.post("/feedback/", Policy.AUTH, c.FeedbackFeature, status=201, sends=c.GiveFeedback)
async def give_feedback(request: Request, body: FeedbackBody) -> Response:
    return await send(request, c.GiveFeedback(geometry=body.geometry, **body.properties.values()))


@routes.get("/feedback/{feedback_id}/", Policy.AUTH, c.FeedbackFeature)
async def get_feedback(request: Request, feedback_id: Id) -> Response:
    return await ask(request, c.GetFeedback(feedback_id=feedback_id))


@routes.put("/feedback/{feedback_id}/", Policy.OWNER, c.FeedbackFeature, sends=c.ChangeFeedback)
async def replace_feedback(request: Request, feedback_id: Id, body: FeedbackBody) -> Response:
    values = {**body.properties.values(), "stac_id": body.properties.stac_id}
    values.pop("prediction")
    return await send(request, c.ChangeFeedback(feedback_id=feedback_id, geometry=body.geometry, **values))


@routes.patch("/feedback/{feedback_id}/", Policy.OWNER, c.FeedbackFeature, sends=c.ChangeFeedback)
async def change_feedback(request: Request, feedback_id: Id, body: FeedbackPatch) -> Response:
    values = body.properties.model_dump()
    return await send(request, c.ChangeFeedback(feedback_id=feedback_id, geometry=body.geometry, **values))


@routes.delete("/feedback/{feedback_id}/", Policy.OWNER, sends=c.RemoveFeedback)
async def remove_feedback(request: Request, feedback_id: Id) -> Response:
    return await send(request, c.RemoveFeedback(feedback_id=feedback_id))

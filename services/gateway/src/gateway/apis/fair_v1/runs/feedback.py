"""`/approved-prediction/`: a predicted feature that a user accepted; stored as an accepting feedback.

`/feedback/` has the same path in the current API, which accepts the fields of v1 as well.
"""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import feedback as c
from contracts.shared import Page
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.rows import Approved
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, UserId, training_feedback_id
from gateway.http.inputs.geometry_text import Geom
from gateway.http.pagination import Boxed
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import FeaturesOf

routes = Routes("feedback", V1)
ACCEPTED = "accept"


class ApprovedBody(Body):
    training: Id
    geom: Geom
    config: dict[str, Any] = {}


class ApprovedFilters(Boxed):
    training: Id | None = None
    user: UserId | None = None

    def fields(self) -> dict[str, Any]:
        model = None if self.training is None else training_feedback_id(self.training)
        return {"user": self.user, "action": ACCEPTED, "stac_id": model}


@routes.get("/approved-prediction/", Policy.AUTH, FeaturesOf[Approved])
async def list_approved(request: Request, filters: Annotated[ApprovedFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, c.ListFeedback, filters, geo=True), _to_v1)


@routes.post("/approved-prediction/", Policy.AUTH, Approved, body=None, sends=(c.GiveFeedback, c.ChangeFeedback))
async def approve(request: Request, body: ApprovedBody) -> Response:
    """Returns 200 for a new acceptance and for one that existed."""
    model = training_feedback_id(body.training)
    query = c.ListFeedback(stac_id=model, action=ACCEPTED, page=Page(limit=1000))
    there = orjson.loads(await answer(request, query))["results"]
    same = next((one["properties"]["id"] for one in there if one["geometry"] == body.geom), None)
    if same is not None:
        return await to_v1(await send(request, c.ChangeFeedback(feedback_id=same, config=body.config)), _to_v1)
    command = c.GiveFeedback(geometry=body.geom, stac_id=model, action=ACCEPTED, config=body.config)
    return await to_v1(await send(request, command), _to_v1, 200)


@routes.get("/approved-prediction/{feedback_id}/", Policy.AUTH, Approved)
async def get_approved(request: Request, feedback_id: Id) -> Response:
    return await to_v1(await ask(request, c.GetFeedback(feedback_id=feedback_id)), _to_v1)


@routes.delete("/approved-prediction/{feedback_id}/", Policy.OWNER, sends=c.RemoveFeedback)
async def withdraw_approval(request: Request, feedback_id: Id) -> Response:
    return await send(request, c.RemoveFeedback(feedback_id=feedback_id))


def _to_v1(feature: Row) -> Row:
    properties = feature["properties"]
    number = properties["stac_id"].removeprefix(training_feedback_id(0)[:-1])
    training = int(number) if number.isdigit() else None
    return {**feature, "id": properties["id"], "properties": {**properties, "training": training}}

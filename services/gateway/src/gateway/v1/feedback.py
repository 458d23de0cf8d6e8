"""`/approved-prediction/`: a predicted feature that somebody found right, an accepting feedback of today.

`/feedback/` itself is the path of today, which takes the fields of then as well.
"""

from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction import feedback as c
from contracts.shared import Page
from gateway.api.feedback import judged
from gateway.body import Body, Id, UserId
from gateway.commands import send
from gateway.paging import Boxed
from gateway.policy import Policy
from gateway.queries import answer, ask, ask_rows
from gateway.schema import FeaturesOf
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.geometry import Geom
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import Approved

routes = EarlyRoutes("feedback")
ACCEPTED = "accept"


class ApprovedBody(Body):
    training: Id
    geom: Geom
    config: dict[str, Any] = {}


class ApprovedFilters(Boxed):
    training: Id | None = None
    user: UserId | None = None

    def fields(self) -> dict[str, Any]:
        model = None if self.training is None else judged(self.training)
        return {"user": self.user, "action": ACCEPTED, "stac_id": model}


@routes.get("/approved-prediction/", Policy.AUTH, FeaturesOf[Approved])
async def list_approved(request: Request, filters: Annotated[ApprovedFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, c.ListFeedback, filters, geo=True), _early)


@routes.post("/approved-prediction/", Policy.AUTH, Approved, sends=(c.GiveFeedback, c.ChangeFeedback))
async def approve(request: Request, body: ApprovedBody) -> Response:
    """200 whether it is new or was there."""
    model = judged(body.training)
    query = c.ListFeedback(stac_id=model, action=ACCEPTED, page=Page(limit=1000))
    there = orjson.loads(await answer(request, query))["results"]
    same = next((one["properties"]["id"] for one in there if one["geometry"] == body.geom), None)
    if same is not None:
        return await reshaped(await send(request, c.ChangeFeedback(feedback_id=same, config=body.config)), _early)
    command = c.GiveFeedback(geometry=body.geom, stac_id=model, action=ACCEPTED, config=body.config)
    return await reshaped(await send(request, command), _early, 200)


@routes.get("/approved-prediction/{feedback_id}/", Policy.AUTH, Approved)
async def get_approved(request: Request, feedback_id: Id) -> Response:
    return await reshaped(await ask(request, c.GetFeedback(feedback_id=feedback_id)), _early)


@routes.delete("/approved-prediction/{feedback_id}/", Policy.OWNER, sends=c.RemoveFeedback)
async def withdraw_approval(request: Request, feedback_id: Id) -> Response:
    return await send(request, c.RemoveFeedback(feedback_id=feedback_id))


def _early(feature: Row) -> Row:
    properties = feature["properties"]
    number = properties["stac_id"].removeprefix(judged(0)[:-1])
    training = int(number) if number.isdigit() else None
    return {**feature, "id": properties["id"], "properties": {**properties, "training": training}}

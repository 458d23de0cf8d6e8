"""Four numbers about the whole platform."""

import asyncio

import orjson
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from contracts.base import Query
from contracts.catalog.models import ListLocalModels
from contracts.prediction.feedback import ListFeedback
from contracts.shared import Page
from gateway.call import Call, call_of
from gateway.policy import Policy
from gateway.routing import Routes

routes = Routes("system")
ONE = Page(limit=1)
REMEMBERED = 60.0
"""Seconds; nobody is throttled here."""


class Kpi(BaseModel):
    total_models_published: int
    total_registered_users: int
    total_feedback_labels: int
    total_accepted_predictions: int


@routes.get("/kpi/stats/", Policy.OPEN, Kpi, scope=None, refuses={503: "A service does not answer."})
async def kpi(request: Request) -> Response:
    call = call_of(request)
    known = call.door.kpi.get("kpi")
    return JSONResponse(known or call.door.kpi.put("kpi", await _counted(call), REMEMBERED))


async def _counted(call: Call) -> dict[str, int]:
    """Asked of all owners at the same time, in the name of the platform."""
    models, feedback, accepted, people = await asyncio.gather(
        _count(call, ListLocalModels(status="active", page=ONE)), _count(call, ListFeedback(page=ONE)),
        _count(call, ListFeedback(action="accept", page=ONE)), call.door.people.number(),
    )  # fmt: skip
    return Kpi(
        total_models_published=models, total_registered_users=people, total_feedback_labels=feedback,
        total_accepted_predictions=accepted,
    ).model_dump()  # fmt: skip


async def _count(call: Call, query: Query) -> int:
    return orjson.loads(await call.door.bus.ask(query))["count"]

"""What runs have cost: the ledgers of trainings and predictions, side by side."""

import asyncio
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.prediction.usage import GetUsage as GetPredictionUsage
from contracts.training.usage import GetUsage as GetTrainingUsage
from contracts.usage import Month, UsageReport
from gateway.apis.fair.dialect import FAIR
from gateway.http.inputs.fields import UserId
from gateway.http.policy import Policy
from gateway.http.queries import JSON, answer
from gateway.http.routing import Routes

routes = Routes("usage", FAIR)


class UsageFilters(BaseModel):
    user: UserId | None = Field(None, description="OSM id of another user, for administrators")
    everyone: bool = Field(False, description="All users, for administrators")
    month: Month | None = Field(None, description="Of this month only, UTC", examples=["2026-11"])
    per_run: bool = Field(False, description="An entry for each run instead of sums by month")


class Usage(BaseModel):
    training: UsageReport
    prediction: UsageReport


@routes.get("/usage/", Policy.AUTH, Usage, refuses={403: "The usage of others is for administrators."})
async def get_usage(request: Request, filters: Annotated[UsageFilters, Query()]) -> Response:
    fields: dict[str, Any] = filters.model_dump(exclude={"user"}) | {"user_id": filters.user}
    reports = await asyncio.gather(
        answer(request, GetTrainingUsage(**fields)), answer(request, GetPredictionUsage(**fields))
    )
    return Response(b'{"training":%b,"prediction":%b}' % tuple(reports), media_type=JSON)

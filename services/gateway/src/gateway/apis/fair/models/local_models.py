"""Models that users fine-tuned."""

from typing import Annotated

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import models as c
from contracts.catalog.curation import DescribeModel, EditModelStac, PinModel
from contracts.shared import Visibility
from contracts.training import ListModelRuns, ModelRun
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair.models.model_metadata import MetadataBody, PinBody, StacBody
from gateway.http.commands import send
from gateway.http.inputs.fields import Id, UserId
from gateway.http.limits.timeouts import STAC_WAIT
from gateway.http.pagination import (
    Expanding,
    Ordered,
    Searched,
    Word,
)
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask, ask_rows
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf

routes = Routes("local-models", FAIR)


class LocalModelFilters(Searched, Ordered, Expanding):
    status: c.LocalModelStatus | None = None
    visibility: Visibility | None = None
    category: Word | None = None
    base_model: Id | None = None
    is_pinned: bool | None = None
    user: UserId | None = None


@routes.get("/local-models/", Policy.PUBLIC_READ, ListOf[c.LocalModelRow])
async def list_local_models(request: Request, filters: Annotated[LocalModelFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListLocalModels, filters)


@routes.get("/local-models/{model_id}/", Policy.PUBLIC_READ, c.LocalModelRow)
async def get_local_model(request: Request, model_id: Id, expand: Word = "") -> Response:
    return await ask(request, c.GetLocalModel(model_id=model_id, expand=expand == "stac"))


@routes.post("/local-models/{model_id}/publish/", Policy.OWNER, c.LocalModelRow, sends=c.SetLocalModelVisibility)
async def publish_local_model(request: Request, model_id: Id) -> Response:
    return await send(request, c.SetLocalModelVisibility(model_id=model_id, visibility="public"))


@routes.post("/local-models/{model_id}/unpublish/", Policy.OWNER, c.LocalModelRow, sends=c.SetLocalModelVisibility)
async def unpublish_local_model(request: Request, model_id: Id) -> Response:
    return await send(request, c.SetLocalModelVisibility(model_id=model_id, visibility="private"))


@routes.patch("/local-models/{model_id}/pin/", Policy.ADMIN, c.LocalModelRow, sends=PinModel)
async def pin_local_model(request: Request, model_id: Id, body: PinBody | None = None) -> Response:
    return await send(request, (body or PinBody()).command("local", model_id), wait=STAC_WAIT)


@routes.patch("/local-models/{model_id}/metadata/", Policy.OWNER, c.LocalModelRow, sends=DescribeModel)
async def describe_local_model(request: Request, model_id: Id, body: MetadataBody) -> Response:
    return await send(request, body.command("local", model_id), wait=STAC_WAIT)


@routes.patch("/local-models/{model_id}/stac/", Policy.ADMIN, c.LocalModelRow, body=None, sends=EditModelStac)
async def edit_local_model_stac(request: Request, model_id: Id, body: StacBody) -> Response:
    return await send(request, body.command("local", model_id), wait=STAC_WAIT)


@routes.get("/local-models/{model_id}/runs/", Policy.PUBLIC_READ, list[ModelRun])
async def list_model_runs(request: Request, model_id: Id, limit: Annotated[int, Field(ge=1, le=1000)] = 50) -> Response:
    """Visible to whoever may see the model."""
    model = orjson.loads(await answer(request, c.GetLocalModel(model_id=model_id)))
    return await ask(request, ListModelRuns(model_name=model["name"], limit=limit), wait=10)

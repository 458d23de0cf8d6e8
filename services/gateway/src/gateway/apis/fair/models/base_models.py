"""Base models, which administrators register, and the pinned models of both kinds."""

from typing import Annotated, Any

from fastapi import Query
from pydantic import Field, HttpUrl, field_validator, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import models as c
from contracts.catalog.curation import DescribeModel, EditModelStac, ListPinnedModels, PinModel
from contracts.shared import Visibility
from gateway.apis.fair.dialect import FAIR
from gateway.apis.fair.models.model_metadata import MetadataBody, PinBody, StacBody
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, UserId
from gateway.http.limits.timeouts import STAC_WAIT
from gateway.http.pagination import (
    Expanding,
    Ordered,
    Searched,
    Word,
)
from gateway.http.policy import Policy
from gateway.http.queries import ask, ask_rows
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf
from kit.errors import Invalid
from kit.http.outbound import JSON, OutboundError

routes = Routes("base-models", FAIR)
FETCH_DEADLINE = 45.0


class RegisterBody(Body):
    """Exactly one of `stac_item` and `stac_item_url`."""

    stac_item: dict[str, Any] | None = None
    stac_item_url: str | None = Field(None, max_length=4096)
    inference_endpoint: HttpUrl | None = None
    category: Annotated[str, Field(min_length=1, max_length=50)] = "other"

    @field_validator("stac_item")
    @classmethod
    def _has_name(cls, item: dict[str, Any] | None) -> dict[str, Any] | None:
        if item is not None and not named(item):
            raise ValueError("properties must have a non-empty mlm:name")
        return item

    @model_validator(mode="after")
    def _one(self) -> "RegisterBody":
        if (self.stac_item is None) == (self.stac_item_url is None):
            raise ValueError("exactly one of stac_item and stac_item_url is needed")
        return self


class BaseModelFilters(Searched, Ordered, Expanding):
    status: c.BaseModelStatus | None = None
    visibility: Visibility | None = None
    category: Word | None = None
    is_pinned: bool | None = None
    user: UserId | None = None


@routes.get("/base-models/", Policy.ANON, ListOf[c.BaseModelRow])
async def list_base_models(request: Request, filters: Annotated[BaseModelFilters, Query()]) -> Response:
    return await ask_rows(request, c.ListBaseModels, filters)


@routes.get("/base-models/{model_id}/", Policy.ANON, c.BaseModelRow)
async def get_base_model(request: Request, model_id: Id, expand: Word = "") -> Response:
    return await ask(request, c.GetBaseModel(model_id=model_id, expand=expand == "stac"))


@routes.post(
    "/base-models/", Policy.ADMIN, c.BaseModelRow, status=202, body=None, deadline=FETCH_DEADLINE,
    sends=c.RegisterBaseModel, refuses={409: "Its STAC item belongs to another base model."},
)  # fmt: skip
async def register_base_model(request: Request, body: RegisterBody) -> Response:
    item = body.stac_item or await _fetched(request, body.stac_item_url or "")
    endpoint = str(body.inference_endpoint) if body.inference_endpoint else None
    command = c.RegisterBaseModel(stac_item=item, inference_endpoint=endpoint, category=body.category)
    return await send(request, command, wait=STAC_WAIT)


@routes.patch("/base-models/{model_id}/pin/", Policy.ADMIN, c.BaseModelRow, sends=PinModel)
async def pin_base_model(request: Request, model_id: Id, body: PinBody | None = None) -> Response:
    return await send(request, (body or PinBody()).command("base", model_id), wait=STAC_WAIT)


@routes.patch("/base-models/{model_id}/metadata/", Policy.ADMIN, c.BaseModelRow, sends=DescribeModel)
async def describe_base_model(request: Request, model_id: Id, body: MetadataBody) -> Response:
    return await send(request, body.command("base", model_id), wait=STAC_WAIT)


@routes.patch("/base-models/{model_id}/stac/", Policy.ADMIN, c.BaseModelRow, body=None, sends=EditModelStac)
async def edit_base_model_stac(request: Request, model_id: Id, body: StacBody) -> Response:
    return await send(request, body.command("base", model_id), wait=STAC_WAIT)


@routes.get("/pinned-models/", Policy.ANON, c.PinnedModels)
async def list_pinned_models(request: Request, expand: Word = "") -> Response:
    return await ask(request, ListPinnedModels(expand=expand == "stac"))


def named(item: dict[str, Any]) -> bool:
    properties = item.get("properties")
    name = properties.get("mlm:name") if isinstance(properties, dict) else None
    return isinstance(name, str) and bool(name.strip())


async def _fetched(request: Request, url: str) -> dict[str, Any]:
    """Fetches the item behind an address once. Raises Invalid, which names the field, for any failure."""
    try:
        item = (await request_context(request).app.outbounds.models.get(url, JSON)).json()
    except (OutboundError, ValueError) as error:
        message = str(error) if isinstance(error, OutboundError) else "The response of this address is not JSON."
        raise Invalid("stac_item_url", "Invalid request data", stac_item_url=[message]) from error
    if not isinstance(item, dict) or not named(item):
        text = "The item's properties must have a non-empty mlm:name."
        raise Invalid("stac_item_url", "Invalid request data", stac_item_url=[text])
    return item

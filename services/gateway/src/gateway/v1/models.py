"""`/model/`: local models, from their draft on.

-1 draft is a model without a public version, 0 published has one, 1 archived is archived. A draft is a card of the
training service; the catalog's row follows it within moments, so the card answers while the row is not there.
"""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from contracts import training as t
from contracts.base import Command
from contracts.catalog import models as c
from gateway.api.datasets import Title
from gateway.body import Body, Id
from gateway.call import call_of
from gateway.commands import JSON, send
from gateway.policy import Policy
from gateway.queries import answer, ask_rows
from gateway.schema import ListOf
from gateway.v1.answers import Row, reshaped, reshaped_rows
from gateway.v1.base_models import stac_id_of
from gateway.v1.facts import Facts, accuracy_of
from gateway.v1.filters import Compared, StatusNumber
from gateway.v1.routes import EarlyRoutes
from gateway.v1.rows import EarlyModel
from gateway.v1.settings import early_settings
from gateway.v1.thumbnails import thumbnail
from kit.errors import Conflict, Invalid, NotFound

routes = EarlyRoutes("model")
Name = Annotated[Title, Field(max_length=50)]
Words = Annotated[str, Field(max_length=4000)]
CHANGES = (c.ArchiveLocalModel, c.SetLocalModelVisibility, t.ChangeModelCard)
UNPUBLISHED = {409: "It has no published training."}
STATES: dict[int, dict[str, str]] = {
    -1: {"status": "active", "visibility": "private"},
    0: {"status": "active", "visibility": "public"},
    1: {"status": "archived"},
}


class ModelBody(Body):
    name: Name
    dataset: Id
    description: Words = ""
    base_model: str = Field("RAMP", max_length=200)
    status: Literal[-1] = -1


class ModelPatch(Body):
    name: Name | None = None
    dataset: Id | None = None
    description: Words | None = None
    status: Literal[-1, 0, 1] | None = None

    def commands(self, model_id: int) -> list[Command]:
        """What the words and what the state need."""
        words = {"title": self.name, "description": self.description, "dataset": self.dataset}
        card = [t.ChangeModelCard(model_id=model_id, **words)] if any(v is not None for v in words.values()) else []  # type: ignore[arg-type]
        if self.status is None:
            return [*card]
        if self.status == 1:
            return [*card, c.ArchiveLocalModel(model_id=model_id)]
        seen: Any = STATES[self.status]["visibility"]
        back = c.ArchiveLocalModel(model_id=model_id, archived=False)
        return [*card, back, c.SetLocalModelVisibility(model_id=model_id, visibility=seen)]


class EarlyModelReplacement(ModelPatch):
    """Its base model is what it is, and may only be repeated."""

    name: Name
    dataset: Id
    description: Words = ""
    base_model: str | None = None


class ModelFilters(Compared):
    status: StatusNumber | None = None

    def fields(self) -> dict[str, Any]:
        return {"user": self.user, **({} if self.status is None else STATES[self.status])}


@routes.get("/model/", Policy.PUBLIC_READ, ListOf[EarlyModel])
async def list_models(request: Request, filters: Annotated[ModelFilters, Query()]) -> Response:
    return await reshaped_rows(await ask_rows(request, c.ListLocalModels, filters), Shape(request))


@routes.post("/model/", Policy.AUTH, EarlyModel, status=201, sends=t.DraftModel)
async def create_model(request: Request, body: ModelBody) -> Response:
    base = await stac_id_of(request, body.base_model)
    command = t.DraftModel(base_model_stac_id=base, title=body.name, description=body.description, dataset=body.dataset)
    return await reshaped(await send(request, command), Shape(request).card)


@routes.get("/model/{model_id}/", Policy.PUBLIC_READ, EarlyModel)
async def get_model(request: Request, model_id: Id) -> Response:
    return Response(orjson.dumps(await model_of(request, model_id)), media_type=JSON)


@routes.put("/model/{model_id}/", Policy.OWNER, EarlyModel, sends=CHANGES, refuses=UNPUBLISHED)
async def replace_model(request: Request, model_id: Id, body: EarlyModelReplacement) -> Response:
    if body.base_model not in (None, (await model_of(request, model_id))["base_model"]):
        raise Invalid("other_base_model", "Invalid request data", base_model=["A model keeps its base model."])
    return await change_model(request, model_id, body)


@routes.delete(
    "/model/{model_id}/", Policy.OWNER, sends=t.DeleteModel,
    refuses={409: "It is published, or a training of it is under way."},
)  # fmt: skip
async def delete_model(request: Request, model_id: Id) -> Response:
    """With its trainings. What is published may be in use by others, and is archived instead."""
    row = await model_of(request, model_id)
    if row["published_training"] is not None and call_of(request).actor.owns(row["user"]["osm_id"]):
        raise Conflict("published", "A published model is archived (status 1), not deleted.")
    return await send(request, t.DeleteModel(model_id=model_id))


@routes.patch("/model/{model_id}/", Policy.OWNER, EarlyModel, sends=CHANGES, refuses=UNPUBLISHED)
async def change_model(request: Request, model_id: Id, body: ModelPatch) -> Response:
    """Published is what has a version: that comes from `/training/publish/`."""
    if body.status == 0 and (await model_of(request, model_id))["published_training"] is None:
        raise Conflict("nothing_published", "Publish a training of this model first.")
    for command in body.commands(model_id):
        response = await send(request, command)
        if response.status_code != 200:
            return response
    said = {name: value for name in ("name", "description", "dataset") if (value := getattr(body, name)) is not None}
    return Response(orjson.dumps(await model_of(request, model_id) | said), media_type=JSON)


async def model_of(request: Request, model_id: int) -> Row:
    """NotFound for what the caller may not see."""
    shape = Shape(request)
    row = await shape.facts.model(model_id)
    if row is not None:
        return await shape(row)
    card = orjson.loads(await answer(request, t.GetModelCard(model_id=model_id)))
    if card["user"]["osm_id"] != shape.actor_id:
        raise NotFound("local_model_not_found", "There is no such model.")
    return await shape.card(card)


class Shape:
    def __init__(self, request: Request) -> None:
        self.facts = Facts(request)

    @property
    def actor_id(self) -> int:
        return self.facts.actor_id

    async def __call__(self, row: Row) -> Row:
        published = row["published_training"] if row["stac_item_id"] else None
        return await self._common(row, row["base_model_name"]) | {
            "status": _state(row), "published_training": published, "last_modified": row["last_modified"],
            "accuracy": accuracy_of(await self.facts.training(published)),
        }  # fmt: skip

    async def card(self, card: Row) -> Row:
        """A draft that was never trained."""
        base = await self.facts.ask(c.GetBaseModel(stac_item_id=card["base_model_stac_id"]))
        return await self._common(card, base["name"] if base else card["base_model_stac_id"]) | {
            "status": -1, "published_training": None, "accuracy": None, "last_modified": card["created_at"],
        }  # fmt: skip

    async def _common(self, row: Row, base: str) -> Row:
        dataset = await self.facts.dataset(row["dataset"])
        imagery = dataset["source_imagery"] if dataset else None
        centre = await self.facts.centre(row["dataset"]) if imagery else None
        return {
            "id": row["id"], "name": row["title"] or row["name"], "dataset": row["dataset"],
            "description": row["description"], "base_model": early_settings().early_name(base),
            "thumbnail_url": thumbnail(imagery, centre) if imagery else None,
            "user": await self.facts.person(row["user"]), "created_at": row["created_at"],
        }  # fmt: skip


def _state(row: Row) -> int:
    if row["status"] == "archived":
        return 1
    return 0 if row["visibility"] == "public" and row["stac_item_id"] else -1

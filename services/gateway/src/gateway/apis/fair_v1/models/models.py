"""`/model/`: local models, including drafts.

-1 (draft) is a model without a public version, 0 (published) has one, 1 (archived) is archived. A draft is a card of
the training service. The catalog's row follows it within moments; until then the card is returned.
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
from gateway.apis.fair_v1.answers import Row, page_to_v1, to_v1
from gateway.apis.fair_v1.data.thumbnails import thumbnail
from gateway.apis.fair_v1.dialect import V1
from gateway.apis.fair_v1.filters import Compared, StatusNumber
from gateway.apis.fair_v1.models.base_models import displayed_base_model, stac_id_of
from gateway.apis.fair_v1.related import RelatedData, accuracy_of
from gateway.apis.fair_v1.rows import V1Model
from gateway.http.commands import JSON, send
from gateway.http.inputs.fields import Body, Id, Title
from gateway.http.policy import Policy
from gateway.http.queries import answer, ask_rows
from gateway.http.request_context import request_context
from gateway.http.routing import Routes
from gateway.openapi.schemas import ListOf
from kit.errors import Conflict, Invalid, NotFound

routes = Routes("model", V1)
Name = Annotated[Title, Field(max_length=50)]
Description = Annotated[str, Field(max_length=4000)]
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
    description: Description = ""
    base_model: str = Field("RAMP", max_length=200)
    status: Literal[-1] = -1


class ModelPatch(Body):
    name: Name | None = None
    dataset: Id | None = None
    description: Description | None = None
    status: Literal[-1, 0, 1] | None = None


class V1ModelReplacement(Body):
    """The base model cannot change; the body may only repeat it."""

    name: Name
    dataset: Id
    description: Description = ""
    status: Literal[-1, 0, 1] | None = None
    base_model: str | None = None


def _commands(body: ModelPatch | V1ModelReplacement, model_id: int) -> list[Command]:
    """Returns the commands that change texts and state."""
    texts: dict[str, Any] = {"title": body.name, "description": body.description, "dataset": body.dataset}
    card = [t.ChangeModelCard(model_id=model_id, **texts)] if any(v is not None for v in texts.values()) else []
    if body.status is None:
        return [*card]
    if body.status == 1:
        return [*card, c.ArchiveLocalModel(model_id=model_id)]
    seen: Any = STATES[body.status]["visibility"]
    back = c.ArchiveLocalModel(model_id=model_id, archived=False)
    return [*card, back, c.SetLocalModelVisibility(model_id=model_id, visibility=seen)]


class ModelFilters(Compared):
    status: StatusNumber | None = None

    def fields(self) -> dict[str, Any]:
        return {"user": self.user, **({} if self.status is None else STATES[self.status])}


@routes.get("/model/", Policy.PUBLIC_READ, ListOf[V1Model])
async def list_models(request: Request, filters: Annotated[ModelFilters, Query()]) -> Response:
    return await page_to_v1(await ask_rows(request, c.ListLocalModels, filters), Shape(request))


@routes.post("/model/", Policy.AUTH, V1Model, status=201, sends=t.DraftModel)
async def create_model(request: Request, body: ModelBody) -> Response:
    base = await stac_id_of(request, body.base_model)
    command = t.DraftModel(base_model_stac_id=base, title=body.name, description=body.description, dataset=body.dataset)
    return await to_v1(await send(request, command), Shape(request).card)


@routes.get("/model/{model_id}/", Policy.PUBLIC_READ, V1Model)
async def get_model(request: Request, model_id: Id) -> Response:
    return Response(orjson.dumps(await model_of(request, model_id)), media_type=JSON)


@routes.put("/model/{model_id}/", Policy.OWNER, V1Model, sends=CHANGES, refuses=UNPUBLISHED)
async def replace_model(request: Request, model_id: Id, body: V1ModelReplacement) -> Response:
    if body.base_model not in (None, (await model_of(request, model_id))["base_model"]):
        raise Invalid("other_base_model", "Invalid request data", base_model=["A model keeps its base model."])
    return await _change(request, model_id, body)


@routes.delete(
    "/model/{model_id}/", Policy.OWNER, sends=t.DeleteModel,
    refuses={409: "It is published, or a training of it is running."},
)  # fmt: skip
async def delete_model(request: Request, model_id: Id) -> Response:
    """Deletes its trainings as well. A published model may be in use by others and is archived instead."""
    row = await model_of(request, model_id)
    if row["published_training"] is not None and request_context(request).actor.owns(row["user"]["osm_id"]):
        raise Conflict("published", "A published model is archived (status 1), not deleted.")
    return await send(request, t.DeleteModel(model_id=model_id))


@routes.patch("/model/{model_id}/", Policy.OWNER, V1Model, sends=CHANGES, refuses=UNPUBLISHED)
async def change_model(request: Request, model_id: Id, body: ModelPatch) -> Response:
    """Only a model with a version can be published; `/training/publish/` creates versions."""
    return await _change(request, model_id, body)


async def _change(request: Request, model_id: int, body: ModelPatch | V1ModelReplacement) -> Response:
    if body.status == 0 and (await model_of(request, model_id))["published_training"] is None:
        raise Conflict("nothing_published", "Publish a training of this model first.")
    for command in _commands(body, model_id):
        response = await send(request, command)
        if response.status_code != 200:
            return response
    changed: Row = {name: value for name in ("name", "description") if (value := getattr(body, name)) is not None}
    if body.dataset is not None:
        changed["dataset"] = await Shape(request).dataset(body.dataset)
    return Response(orjson.dumps(await model_of(request, model_id) | changed), media_type=JSON)


async def model_of(request: Request, model_id: int) -> Row:
    """Raises NotFound for a model that the caller may not see."""
    shape = Shape(request)
    row = await shape.related.model(model_id)
    if row is not None:
        return await shape(row)
    card = orjson.loads(await answer(request, t.GetModelCard(model_id=model_id)))
    if card["user"]["osm_id"] != shape.actor_id:
        raise NotFound("local_model_not_found", "There is no such model.")
    return await shape.card(card)


class Shape:
    def __init__(self, request: Request) -> None:
        self.related = RelatedData(request)

    @property
    def actor_id(self) -> int:
        return self.related.actor_id

    async def __call__(self, row: Row) -> Row:
        published = row["published_training"] if row["stac_item_id"] else None
        return await self._common(row, row["base_model_name"]) | {
            "status": _state(row), "published_training": published, "last_modified": row["last_modified"],
            "accuracy": accuracy_of(await self.related.training(published)),
        }  # fmt: skip

    async def card(self, card: Row) -> Row:
        """Returns the row of a draft that was never trained."""
        base = await self.related.ask(c.GetBaseModel(stac_item_id=card["base_model_stac_id"]))
        return await self._common(card, base["name"] if base else card["base_model_stac_id"]) | {
            "status": -1, "published_training": None, "accuracy": None, "last_modified": card["created_at"],
        }  # fmt: skip

    async def _common(self, row: Row, base: str) -> Row:
        dataset_id = await self.related.dataset_id(row)
        dataset = await self.dataset(dataset_id)
        imagery = dataset["source_imagery"]
        centre = await self.related.centre(dataset_id) if imagery else None
        return {
            "id": row["id"], "name": row["title"] or row["name"], "dataset": dataset,
            "description": row["description"], "base_model": await displayed_base_model(self.related, base),
            "thumbnail_url": thumbnail(imagery, centre) if imagery else None,
            "user": await self.related.person(row["user"]), "created_at": row["created_at"],
        }  # fmt: skip

    async def dataset(self, dataset_id: int | None) -> Row:
        """Returns an object for every model, because pages read its members; with empty members for a dataset that does
        not exist or that the caller may not see."""
        row = await self.related.dataset(dataset_id) or {"title": "", "source_imagery": "", "offset": (0.0, 0.0)}
        return {
            "id": dataset_id,
            "name": row["title"],
            "source_imagery": row["source_imagery"],
            "offset": row["offset"],
        }


def _state(row: Row) -> int:
    if row["status"] == "archived":
        return 1
    return 0 if row["visibility"] == "public" and row["stac_item_id"] else -1

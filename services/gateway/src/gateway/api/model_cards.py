"""Local models before and beside their trainings: drafts, what owners say of them, the archive."""

from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog.models import ArchiveLocalModel, LocalModelRow
from gateway.api.datasets import Title
from gateway.body import Body, Id
from gateway.commands import send
from gateway.policy import Policy
from gateway.routing import Routes

routes = Routes("local-models")


class DraftBody(Body):
    """`dataset` is the data that it is to learn from."""

    base_model_stac_id: str
    title: Title
    description: str = ""
    dataset: Id | None = None


class CardBody(Body):
    title: Title | None = None
    description: str | None = None
    dataset: Id | None = None


@routes.post(
    "/local-models/", Policy.AUTH, c.ModelCard, status=201, sends=c.DraftModel,
    refuses={404: "There is no such base model."},
)  # fmt: skip
async def draft_model(request: Request, body: DraftBody) -> Response:
    return await send(request, c.DraftModel(**body.model_dump()))


@routes.patch("/local-models/{model_id}/card/", Policy.OWNER, c.ModelCard, sends=c.ChangeModelCard)
async def change_model_card(request: Request, model_id: Id, body: CardBody) -> Response:
    return await send(request, c.ChangeModelCard(model_id=model_id, **body.model_dump()))


@routes.post("/local-models/{model_id}/archive/", Policy.OWNER, LocalModelRow, sends=ArchiveLocalModel)
async def archive_model(request: Request, model_id: Id) -> Response:
    return await send(request, ArchiveLocalModel(model_id=model_id))


@routes.post("/local-models/{model_id}/unarchive/", Policy.OWNER, LocalModelRow, sends=ArchiveLocalModel)
async def unarchive_model(request: Request, model_id: Id) -> Response:
    return await send(request, ArchiveLocalModel(model_id=model_id, archived=False))

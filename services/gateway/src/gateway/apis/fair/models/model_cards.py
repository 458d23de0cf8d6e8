"""Local models apart from their trainings: drafts, cards, archive."""

from starlette.requests import Request
from starlette.responses import Response

from contracts import training as c
from contracts.catalog.models import ArchiveLocalModel, LocalModelRow
from gateway.apis.fair.dialect import FAIR
from gateway.http.commands import send
from gateway.http.inputs.fields import Body, Id, Title
from gateway.http.policy import Policy
from gateway.http.routing import Routes

routes = Routes("local-models", FAIR)


class DraftBody(Body):
    """`dataset` is the dataset to train on."""

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

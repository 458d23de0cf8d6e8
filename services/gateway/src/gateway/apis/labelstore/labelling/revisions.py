"""The history of the objects of an image in a campaign."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_objects as c
from contracts.shared import Json
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import ok
from gateway.apis.labelstore.shared.inputs import Id
from gateway.http.commands import send
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes

routes = Routes("revisions", LABELS)
PATH = "/campaigns/{campaign_id}/images/{image_id}/revisions"


class Revision(BaseModel):
    revision: int
    by: str
    at: datetime
    kind: Literal["submission", "restore", "import", "consensus", "truth"]
    current: bool
    review: str | None = None
    reviewed_by: str | None = None
    comment: str | None = None
    objects: list[Json]


@routes.get(PATH, Policy.AUTH, list[Revision])
async def list_object_revisions(request: Request, campaign_id: Id, image_id: Id) -> Response:
    """Lists what was submitted for an image, the newest first."""
    return await ask(request, c.ListRevisions(campaign_id=campaign_id, image_id=image_id))


@routes.post(
    f"{PATH}/{{revision}}/restore", Policy.AUTH, str, sends=c.RestoreRevision,
    refuses={409: "The campaign is not `active`."},
)  # fmt: skip
async def restore_object_revision(request: Request, campaign_id: Id, image_id: Id, revision: Id) -> Response:
    """Makes the objects of an older revision current again, as a new one."""
    command = c.RestoreRevision(campaign_id=campaign_id, image_id=image_id, revision=revision)
    return ok(await send(request, command))

"""Campaigns: images that are offered to a labelling party."""

from typing import Annotated, Any

import orjson
from fastapi import Query
from pydantic import Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalog import label_campaigns as c
from contracts.catalog.label_datasets import ExportCampaign
from contracts.catalog.label_users import NewKey
from gateway.apis.labelstore.dialect import LABELS
from gateway.apis.labelstore.shared.answers import PAST_THE_END, ask_page, listed, ok
from gateway.apis.labelstore.shared.inputs import Flag, Id, Paged, PagedByThousand, StrictBody, Text, has_at
from gateway.apis.labelstore.shared.key_pairs import KeyPair, LabelAccessToken, new_pair
from gateway.apis.labelstore.shared.references import LARGE_BODY, ImageReferences, references
from gateway.apis.labelstore.shared.splits import SplitBody
from gateway.http.commands import send
from gateway.http.inputs.fields import MAX_ID
from gateway.http.policy import Policy
from gateway.http.queries import ask
from gateway.http.routing import Routes
from kit.errors import Unprocessable

routes = Routes("campaigns", LABELS)
MAX_LABEL = 128


class ConsensusBody(StrictBody):
    """Objects match from an IoU of `min_iou`; an image whose labellers agree less than `min_agreement` is disputed."""

    min_iou: float = Field(default=0.5, gt=0, le=1)
    min_agreement: float = Field(default=0.7, ge=0, le=1)


class CampaignBody(StrictBody):
    title: str = Field(min_length=1, max_length=128, examples=["danube-plastic"])
    labeler_email: str = Field(max_length=200, examples=["party@labels.example"])
    metadata: dict[str, Any] | None = None
    label_translations: dict[str, Any] | None = None
    apply_label_translations: bool = False
    uses_leases: bool = Field(default=False, description="Only images that the labeller has leased may be submitted")
    review: bool = Field(default=False, description="The campaign completes when all images are accepted")
    split: SplitBody | None = None
    overlap: int = Field(default=1, ge=1, le=20, description="Labellers of each image, blind to each other")
    consensus: ConsensusBody | None = None
    taxonomy_id: int | None = Field(default=None, ge=0, le=MAX_ID, description="Its labels are the only ones")

    @model_validator(mode="after")
    def _has_an_address(self) -> "CampaignBody":
        if not has_at(self.labeler_email):
            raise ValueError("labeler_email must have something before and after one @")
        return self


class CampaignStatusBody(StrictBody):
    new_status: c.CampaignStatus = Field(examples=["active"])


class CampaignExportBody(StrictBody):
    split: SplitBody | None = None


class NewCampaign(c.Campaign):
    """`apisecret` is shown only here; null for a labeller who had a pair before."""

    access_token: LabelAccessToken


class CampaignImage(StrictBody):
    image_id: int
    url: str
    labeled: bool
    review: c.ReviewState = "open"
    comment: str | None = None


class CampaignFilters(Paged):
    status: c.CampaignStatus | None = None
    title: Text = None
    labeler_email: Text = None


class CampaignImageFilters(PagedByThousand):
    labeled: Flag = None
    review: c.ReviewState | None = None


@routes.get("/campaigns", Policy.AUTH, listed("campaigns", c.Campaign), refuses=PAST_THE_END)
async def list_campaigns(request: Request, filters: Annotated[CampaignFilters, Query()]) -> Response:
    """Lists campaigns."""
    return await ask_page(request, c.ListCampaigns, "campaigns", filters)


@routes.post(
    "/campaigns", Policy.AUTH, NewCampaign, sends=c.CreateCampaign,
    refuses={409: "The title is taken.", 422: "The title breaks the name rule, or a translation is no label."},
)  # fmt: skip
async def create_campaign(request: Request, body: CampaignBody) -> Response:
    """Creates a campaign, and the key pair of its labeller where that user has none."""
    _check_translations(body)
    pair = new_pair(request)
    key = NewKey(apikey=pair.apikey, hash=pair.hash)
    response = await send(request, c.CreateCampaign.model_validate({**body.model_dump(), "key": key}))
    return response if response.status_code != 200 else _with_token(response, pair)


@routes.get("/campaigns/{campaign_id}", Policy.AUTH, c.Campaign, scope="polling")
async def get_campaign(request: Request, campaign_id: Id) -> Response:
    """Shows a campaign with its progress and the state of its export."""
    return await ask(request, c.GetCampaign(campaign_id=campaign_id))


@routes.put(
    "/campaigns/{campaign_id}", Policy.AUTH, str, sends=c.ChangeCampaign,
    refuses={409: "The status does not allow it; `detail` names both."},
)  # fmt: skip
async def change_campaign(request: Request, campaign_id: Id, body: CampaignStatusBody) -> Response:
    """Activates, completes, reopens or finishes a campaign."""
    return ok(await send(request, c.ChangeCampaign(campaign_id=campaign_id, new_status=body.new_status)))


@routes.get("/campaigns/{campaign_id}/images", Policy.AUTH, listed("images", CampaignImage), scope="labelling")
async def list_campaign_images(
    request: Request, campaign_id: Id, filters: Annotated[CampaignImageFilters, Query()]
) -> Response:
    """Lists the images of a campaign in the order in which they were added."""
    return await ask_page(request, c.ListCampaignImages, "images", filters, campaign_id=campaign_id)


@routes.post(
    "/campaigns/{campaign_id}/images", Policy.AUTH, str, sends=c.AddCampaignImages, body=LARGE_BODY,
    refuses={409: "The campaign is not `created`."},
)  # fmt: skip
async def add_campaign_images(request: Request, campaign_id: Id, body: ImageReferences) -> Response:
    """Adds images to a campaign; those that are in it already stay once."""
    return ok(await send(request, c.AddCampaignImages(campaign_id=campaign_id, images=references(body))))


@routes.post(
    "/campaigns/{campaign_id}/export", Policy.AUTH, c.Campaign, status=202, sends=ExportCampaign,
    refuses={409: "The campaign is not finished, or an export of it is under way."},
)  # fmt: skip
async def export_campaign(request: Request, campaign_id: Id, body: CampaignExportBody | None = None) -> Response:
    """Exports a finished campaign again, as the next version of its dataset."""
    split = body.split.model_dump() if body and body.split else None
    return await send(request, ExportCampaign.model_validate({"campaign_id": campaign_id, "split": split}))


def _check_translations(body: CampaignBody) -> None:
    """Raises Unprocessable where translations shall be applied and one of them is no label."""
    if body.apply_label_translations:
        for name, label in (body.label_translations or {}).items():
            if not (isinstance(label, str) and 1 <= len(label) <= MAX_LABEL):
                text = f"must be a string of 1 to {MAX_LABEL} characters"
                raise Unprocessable("invalid_value", f"label_translations.{name}: {text}")


def _with_token(response: Response, pair: KeyPair) -> Response:
    row = orjson.loads(response.body)
    labeler = row.pop("labeler")
    secret = pair.apisecret if labeler["issued"] else None
    row["access_token"] = {"apikey": labeler["apikey"], "apisecret": secret}
    body = orjson.dumps(row)
    response.body, response.headers["content-length"] = body, str(len(body))
    return response

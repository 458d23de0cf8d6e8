"""Campaigns: images offered to a labelling party, and who works at which of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.catalog.label_shared import Id, ImageRef, JobState, ListPage, Metadata, Title
from contracts.catalog.label_users import NewKey
from contracts.shared import Json

CampaignStatus = Literal["created", "active", "completed", "finished"]
ReviewState = Literal["open", "submitted", "accepted", "rejected", "disputed"]
Minutes = Annotated[int, Field(ge=1, le=24 * 60)]
GroupBy = Literal["image", "imageset", "flight"]


class SplitRule(Contract):
    """How a dataset is split. Images of one group, and near duplicates, are always on the same side. `flight` is the
    member `flight` of an image's metadata. Fractions are of the sum of all three."""

    train: float = Field(default=0.8, ge=0)
    val: float = Field(default=0.1, ge=0)
    test: float = Field(default=0.1, ge=0)
    group_by: GroupBy = "imageset"
    seed: str = Field(default="", max_length=64)


class ConsensusRule(Contract):
    """When labellers of one image agree: objects match from an IoU of `min_iou`; below `min_agreement`, the mean F1 of
    their pairs, the image goes to a reviewer."""

    min_iou: float = Field(default=0.5, gt=0, le=1)
    min_agreement: float = Field(default=0.7, ge=0, le=1)


class CampaignProgress(Contract):
    total: int
    done: int


class ExportStatus(Contract):
    state: JobState
    dataset_id: int | None = None
    version: int | None = None
    error: str | None = None
    updated_at: datetime | None = None


class Campaign(Contract):
    campaign_id: int
    title: str
    status: CampaignStatus
    progress: CampaignProgress
    metadata: Json | None
    label_translations: Json | None
    apply_label_translations: bool
    date_created: datetime
    date_started: datetime | None
    date_completed: datetime | None
    date_finished: datetime | None
    created_by: str
    export: ExportStatus
    uses_leases: bool
    review: bool
    split: SplitRule | None = None
    overlap: int = 1
    consensus: ConsensusRule | None = None
    taxonomy_id: int | None = None


class LabelerKey(Contract):
    """`issued`: the labeller's pair is the one that the command brought; otherwise it had one, whose secret stays."""

    apikey: str | None
    issued: bool


class CampaignCreated(Campaign):
    """Result of `CreateCampaign`."""

    labeler: LabelerKey


class CreateCampaign(Command, wire="catalog.v1.create_campaign"):
    """Finds or creates the labeller's user and makes it `labeler` of the campaign. Conflict for a taken title before
    Unprocessable `invalid_name`. `key` becomes the labeller's pair if it has none. With `uses_leases` only images that
    the caller has leased may be submitted; with `review` the campaign completes when all images are accepted."""

    expires = 30.0
    title: Title
    labeler_email: str = Field(max_length=200, examples=["party@labels.example"])
    key: NewKey
    metadata: Metadata = None
    label_translations: Json | None = None
    apply_label_translations: bool = False
    uses_leases: bool = False
    review: bool = False
    split: SplitRule | None = None
    overlap: int = Field(default=1, ge=1, le=20)
    """Labellers of each image, who do not see each other's work; what most of them say counts."""
    consensus: ConsensusRule | None = None
    taxonomy_id: Id | None = None
    """Version of a taxonomy whose labels are the only ones."""


class ChangeCampaign(Command, wire="catalog.v1.change_campaign"):
    """Conflict for a transition that does not exist; its detail names both states. `finished` queues the export."""

    expires = 30.0
    campaign_id: Id
    new_status: CampaignStatus


class AddCampaignImages(Command, wire="catalog.v1.add_campaign_images"):
    """To a campaign that is `created`. An image that is in it, or listed twice, is added once."""

    campaign_id: Id
    images: list[ImageRef]


class GetCampaign(Query, wire="catalog.v1.get_campaign"):
    campaign_id: Id


class ListCampaigns(Query, wire="catalog.v1.list_campaigns"):
    """`title` is part of the title, ignoring case; `labeler_email` holds `labeler` on it."""

    page: ListPage = ListPage()
    status: CampaignStatus | None = None
    title: str | None = None
    labeler_email: str | None = None


class ListCampaignImages(Query, wire="catalog.v1.list_campaign_images"):
    """Rows: `{image_id, url, labeled, review, comment}`, in the order in which they were added."""

    page: ListPage = ListPage(per_page=1000)
    campaign_id: Id
    labeled: bool | None = None
    review: ReviewState | None = None


class LeasedTask(Contract):
    """An image that the caller works at. `draft` are objects to begin with: those of a rejected submission, with the
    reviewer's `comment`, else the predictions of the image."""

    image_id: int
    url: str
    lease_expires_at: datetime
    draft: list[Json] = []
    comment: str | None = None


class LeaseImages(Command, wire="catalog.v1.lease_images"):
    """Result: `{"tasks": [LeasedTask]}`, at most `count`, for `minutes`. Images that the caller has leased already come
    first, then those that were rejected of the caller's, then open ones, the most uncertain first. Conflict unless the
    campaign is `active`."""

    expires = 15.0
    campaign_id: Id
    count: int = Field(default=1, ge=1, le=100)
    minutes: Minutes = 60


class RenewLeases(Command, wire="catalog.v1.renew_leases"):
    """Result: `{"lease_expires_at", "image_ids"}` of the leases that the caller still had."""

    expires = 15.0
    campaign_id: Id
    image_ids: list[Id] = Field(max_length=1000)
    minutes: Minutes = 60


class ReleaseLeases(Command, wire="catalog.v1.release_leases"):
    expires = 15.0
    campaign_id: Id
    image_ids: list[Id] = Field(max_length=1000)


class CampaignEvent(Event):
    campaign_id: int

    def topics(self) -> tuple[str, ...]:
        return (f"label_campaign:{self.campaign_id}",)

    def aggregate(self) -> str:
        return str(self.campaign_id)


class CampaignWasCreated(CampaignEvent, wire="catalog.v1.campaign_created"):
    title: str


class CampaignStatusChanged(CampaignEvent, wire="catalog.v1.campaign_status_changed"):
    """`auto`: the last image was labelled, or accepted."""

    from_status: CampaignStatus
    to_status: CampaignStatus
    cause: Literal["request", "auto"]
    by: str

from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    not_,
    select,
    table,
    true,
)
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.visibility import admin_campaign, labeler_campaign
from catalog.labelstore.paging import contains, read_page, utc
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.domain import CAMPAIGN, LABELER
from catalog.labelstore.users.queries import by_email
from catalog.labelstore.users.tables import LabelRoleRow, LabelUserRow
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_campaigns as c
from contracts.shared import Json
from kit.messaging.tx import ReadTx

datasets = table(
    "datasets", column("id", BigInteger), column("campaign_id", BigInteger), column("version", BigInteger),
    column("state", Text), column("title", Text), column("error", Text),
    column("updated_at", DateTime(timezone=True)), schema=SCHEMA,
)  # fmt: skip
"""What a campaign shows of its newest dataset version; `catalog.labelstore.datasets`, which stands above, writes it."""
_done = (
    select(func.count())
    .where(CampaignImageRow.campaign_id == CampaignRow.id, CampaignImageRow.labeled)
    .correlate(CampaignRow)
    .scalar_subquery()
)
_newest = (
    select(
        func.json_build_object(
            "state", datasets.c.state, "dataset_id", datasets.c.id, "version", datasets.c.version,
            "error", datasets.c.error, "updated_at", utc(datasets.c.updated_at),
        )
    )
    .where(datasets.c.campaign_id == CampaignRow.id)
    .order_by(datasets.c.version.desc())
    .limit(1)
    .correlate(CampaignRow)
    .scalar_subquery()
)  # fmt: skip
_none = func.json_build_object(
    "state", "none", "dataset_id", None, "version", None, "error", None, "updated_at", None
)  # fmt: skip
CAMPAIGN_JSON: Any = func.json_build_object(
    "campaign_id", CampaignRow.id, "title", CampaignRow.title, "status", CampaignRow.status,
    "progress", func.json_build_object("total", CampaignRow.image_count, "done", _done),
    "metadata", CampaignRow.details, "label_translations", CampaignRow.label_translations,
    "apply_label_translations", CampaignRow.apply_label_translations,
    "date_created", utc(CampaignRow.date_created), "date_started", utc(CampaignRow.date_started),
    "date_completed", utc(CampaignRow.date_completed), "date_finished", utc(CampaignRow.date_finished),
    "created_by", CampaignRow.created_by, "export", func.coalesce(_newest, _none),
    "uses_leases", CampaignRow.uses_leases, "review", CampaignRow.review, "split", CampaignRow.split,
    "overlap", CampaignRow.overlap, "consensus", CampaignRow.consensus, "taxonomy_id", CampaignRow.taxonomy_id,
    type_=JSON,
)  # fmt: skip
answers = table(
    "answers", column("campaign_image_id", BigInteger), column("actor_id", BigInteger),
    column("submission_id", BigInteger), schema=SCHEMA,
)  # fmt: skip
"""What a labeller has done of images that several people answer; `catalog.labelstore.objects` writes it."""


def _image_of_campaign(labeled: Any, review: Any) -> Any:
    return func.json_build_object(
        "image_id", CampaignImageRow.image_id, "url", func.concat("/images/", CampaignImageRow.image_id),
        "labeled", labeled, "review", review, "comment", CampaignImageRow.comment,
    )  # fmt: skip


def _seen_by_labeler(actor_id: int, overlap: int) -> tuple[Any, Any]:
    """Returns whether an image is labelled, and the state of its review, as a labeller sees it: of an image that
    several people answer only what he did himself, so that reference images look like all others."""
    own = exists().where(
        answers.c.campaign_image_id == CampaignImageRow.id, answers.c.actor_id == actor_id,
        answers.c.submission_id.is_not(None),
    )  # fmt: skip
    is_shared = CampaignImageRow.truth_id.is_not(None) if overlap == 1 else true()
    return (
        case((is_shared, own), else_=CampaignImageRow.labeled),
        case((and_(is_shared, own), "submitted"), (is_shared, "open"), else_=CampaignImageRow.review),
    )


async def present_campaign(campaign_id: int, session: AsyncSession) -> Json:
    return (await session.scalars(select(CAMPAIGN_JSON).where(CampaignRow.id == campaign_id))).one()


async def get_campaign(campaign_id: int, read: ReadTx) -> Json:
    await admin_campaign(campaign_id, read)
    return await present_campaign(campaign_id, read.session)


async def list_campaigns(query: c.ListCampaigns, read: ReadTx) -> bytes:
    (await principal_of(read.actor, read.session)).require_admin()
    conditions: list[Any] = [CampaignRow.status == query.status] if query.status else []
    conditions += [contains(CampaignRow.title, query.title)] if query.title else []
    if query.labeler_email:
        person = by_email(query.labeler_email).with_only_columns(LabelUserRow.id).scalar_subquery()
        mine = select(LabelRoleRow.subject_id).where(LabelRoleRow.user_id == person, LabelRoleRow.role == LABELER)
        conditions.append(CampaignRow.id.in_(mine.where(LabelRoleRow.subject_type == literal(CAMPAIGN))))
    rows = select(CampaignRow).where(*conditions)
    return await read_page(rows, CampaignRow.id, select(CAMPAIGN_JSON), query.page, read)


async def list_campaign_images(query: c.ListCampaignImages, read: ReadTx) -> bytes:
    caller, campaign = await labeler_campaign(query.campaign_id, read)
    rows, total = select(CampaignImageRow).where(CampaignImageRow.campaign_id == campaign.id), campaign.image_count
    labeled, review = CampaignImageRow.labeled, CampaignImageRow.review
    if not (caller.is_admin or campaign.id in caller.reviews):
        labeled, review = _seen_by_labeler(read.actor.id, campaign.overlap)
    if query.labeled is not None:
        rows, total = rows.where(labeled if query.labeled else not_(labeled)), None
    if query.review is not None:
        rows, total = rows.where(review == query.review), None
    written = select(_image_of_campaign(labeled, review))
    return await read_page(rows, CampaignImageRow.id, written, query.page, read, total)

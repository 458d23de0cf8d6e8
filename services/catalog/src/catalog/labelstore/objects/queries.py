from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects.tables import ObjectRow, PredictionRow, RevisionRow, SubmissionRow
from catalog.labelstore.paging import read_page, utc
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_objects as c
from contracts.shared import Json
from kit.errors import NotFound
from kit.messaging.tx import ReadTx

CURRENT = and_(
    ObjectRow.campaign_image_id == CampaignImageRow.id, ObjectRow.submission_id == CampaignImageRow.submission_id
)  # fmt: skip
"""Objects that count: those of the newest submission of their image."""
BOX = func.jsonb_build_object(
    "xmin", ObjectRow.x_min, "xmax", ObjectRow.x_max, "ymin", ObjectRow.y_min, "ymax", ObjectRow.y_max
)  # fmt: skip
OBJECT: Any = func.jsonb_build_object(
    "object_id", ObjectRow.id, "image_id", CampaignImageRow.image_id, "campaign_id", CampaignImageRow.campaign_id,
    "label", ObjectRow.label, "label_original", ObjectRow.label_original, "bounding_box", BOX,
    "geometry", ObjectRow.geometry, "confidence", ObjectRow.confidence, "date_added", utc(ObjectRow.date_added),
    type_=JSONB,
)  # fmt: skip


def all_of(value: Any) -> Any:
    """Aggregates objects to a JSON list, by id; an empty list where there are none."""
    return func.coalesce(func.jsonb_agg(aggregate_order_by(value, ObjectRow.id)), func.jsonb_build_array())


def _row_with_objects(label: str | None) -> Any:
    objects = select(all_of(OBJECT)).where(CURRENT).correlate(CampaignImageRow)
    objects = objects.where(ObjectRow.label == label) if label is not None else objects
    return func.jsonb_build_object(
        "image_id", CampaignImageRow.image_id, "url", func.concat("/images/", CampaignImageRow.image_id),
        "objects", objects.scalar_subquery(),
    )  # fmt: skip


async def list_campaign_objects(query: c.ListCampaignObjects, read: ReadTx) -> bytes:
    """Pages count images; with `label` those that have such an object."""
    campaign = await admin_campaign(query.campaign_id, read)
    rows, total = select(CampaignImageRow).where(CampaignImageRow.campaign_id == campaign.id), campaign.image_count
    if query.labeled is not None:
        rows, total = rows.where(CampaignImageRow.labeled == query.labeled), None
    if query.label is not None:
        rows, total = rows.where(exists().where(CURRENT, ObjectRow.label == query.label)), None
    written = select(_row_with_objects(query.label))
    return await read_page(rows, CampaignImageRow.id, written, query.page, read, total)


async def list_image_objects(query: c.ListImageObjects, read: ReadTx) -> list[Json]:
    (await principal_of(read.actor, read.session)).require_admin()
    if await read.session.get(ImageRow, query.image_id) is None:
        raise NotFound("not_found", f"There is no image {query.image_id}.")
    chosen = await _chosen_campaign(query, read)
    objects = select(OBJECT).join(CampaignImageRow, CURRENT).order_by(ObjectRow.id)
    mine = objects.where(CampaignImageRow.image_id == query.image_id, CampaignImageRow.campaign_id == chosen)
    return list((await read.session.scalars(mine)).all()) if chosen is not None else []


async def _chosen_campaign(query: c.ListImageObjects, read: ReadTx) -> int | None:
    """Returns the campaign whose objects are asked for: the first named one in which the image is labelled, or the one
    that was finished last."""
    in_campaign = select(CampaignRow.id).join(CampaignImageRow, CampaignImageRow.campaign_id == CampaignRow.id)
    labeled = in_campaign.where(CampaignImageRow.image_id == query.image_id, CampaignImageRow.labeled)
    if query.campaigns is None:
        newest = labeled.where(CampaignRow.status == "finished")
        return await read.session.scalar(
            newest.order_by(CampaignRow.date_finished.desc(), CampaignRow.id.desc()).limit(1)
        )  # fmt: skip
    named = select(CampaignRow.id).where(CampaignRow.id == func.any(query.campaigns))
    known = set((await read.session.scalars(named)).all())
    unknown = next((one for one in query.campaigns if one not in known), None)
    if unknown is not None:
        raise NotFound("not_found", f"There is no campaign {unknown}.")
    found = set((await read.session.scalars(labeled.where(CampaignRow.id == func.any(query.campaigns)))).all())
    return next((one for one in query.campaigns if one in found), None)


async def list_revisions(query: c.ListRevisions, read: ReadTx) -> list[Json]:
    """Returns who said what of an image, the newest first, with what reviewers decided."""
    row_id = await _row_id(query.campaign_id, query.image_id, read)
    objects = select(all_of(OBJECT)).where(
        ObjectRow.campaign_image_id == RevisionRow.campaign_image_id,
        ObjectRow.submission_id == RevisionRow.submission_id,
    )
    written: Any = func.jsonb_build_object(
        "revision", SubmissionRow.id, "by", SubmissionRow.by, "at", utc(SubmissionRow.at), "kind", SubmissionRow.kind,
        "current", SubmissionRow.id == CampaignImageRow.submission_id, "review", RevisionRow.review,
        "reviewed_by", RevisionRow.reviewed_by, "comment", RevisionRow.comment,
        "objects", objects.correlate(RevisionRow, CampaignImageRow).scalar_subquery(), type_=JSONB,
    )  # fmt: skip
    rows = (
        select(written).select_from(RevisionRow)
        .join(SubmissionRow, SubmissionRow.id == RevisionRow.submission_id)
        .join(CampaignImageRow, CampaignImageRow.id == RevisionRow.campaign_image_id)
        .where(CampaignImageRow.id == row_id)
    )  # fmt: skip
    return list((await read.session.scalars(rows.order_by(SubmissionRow.id.desc()).limit(100))).all())


async def _row_id(campaign_id: int, image_id: int, read: ReadTx) -> int:
    """Returns the row of an image in a campaign. Raises Forbidden, then NotFound."""
    await admin_campaign(campaign_id, read)
    is_it = (CampaignImageRow.campaign_id == campaign_id, CampaignImageRow.image_id == image_id)
    found = await read.session.scalar(select(CampaignImageRow.id).where(*is_it))
    if found is None:
        raise NotFound("not_found", f"Image {image_id} is not in campaign {campaign_id}.")
    return found


async def list_predictions(query: c.ListPredictions, read: ReadTx) -> bytes:
    campaign = await admin_campaign(query.campaign_id, read)
    is_predicted = exists().where(PredictionRow.campaign_image_id == CampaignImageRow.id)
    prediction = PredictionRow.campaign_image_id == CampaignImageRow.id
    written: Any = func.jsonb_build_object(
        "image_id", CampaignImageRow.image_id, "uncertainty", CampaignImageRow.uncertainty,
        "model", select(PredictionRow.model).where(prediction).correlate(CampaignImageRow).scalar_subquery(),
        "objects", select(PredictionRow.objects).where(prediction).correlate(CampaignImageRow).scalar_subquery(),
    )  # fmt: skip
    rows = select(CampaignImageRow).where(CampaignImageRow.campaign_id == campaign.id, is_predicted)
    return await read_page(rows, CampaignImageRow.id, select(written), query.page, read)

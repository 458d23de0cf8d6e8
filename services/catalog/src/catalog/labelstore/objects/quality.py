"""Reference images, what each labeller has said, how well labellers do, and what looks wrong."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Integer, cast, func, select, update

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.campaigns.usecases import complete_when_done
from catalog.labelstore.campaigns.visibility import admin_campaign, lock_campaign
from catalog.labelstore.objects import teams
from catalog.labelstore.objects.answer_tables import AnswerRow
from catalog.labelstore.objects.queries import OBJECT, all_of
from catalog.labelstore.objects.tables import ObjectRow
from catalog.labelstore.objects.usecases import OK, checked_objects, store, targets_of
from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.users.visibility import principal_of
from contracts.catalog import label_objects as c
from contracts.shared import Json
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.tx import ReadTx, Tx

_image = CampaignImageRow


async def mark_truth(command: c.MarkTruth, tx: Tx, settings: LabelStoreSettings) -> str:
    """Stores what is true as the objects that count. A reference image is no work that is left."""
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    row = await lock_campaign(command.campaign_id, tx)
    if row.status in ("completed", "finished"):
        raise Conflict("conflict", f'Campaign {row.id} is "{row.status}"; reference images are named before.')
    ids = [entry.image_id for entry in command.images]
    if len(set(ids)) < len(ids):
        raise Unprocessable("duplicate_image", "An image occurs more than once.")
    if ids:
        targets = await targets_of(row.id, ids, tx)
        objects = await checked_objects(command.images, targets, row, settings, tx)
        submission = await store(row, ids, targets, objects, "truth", caller, tx)
        mine = update(_image).where(_image.campaign_id == row.id, _image.image_id.in_(ids))
        await tx.session.execute(
            mine.values(truth_id=submission, review="accepted").execution_options(synchronize_session=False)
        )
        await complete_when_done(row, caller.name, tx)
    return OK


async def list_opinions(query: c.ListOpinions, read: ReadTx) -> Json:
    (await principal_of(read.actor, read.session)).require_reviewer(query.campaign_id)
    wanted = select(_image).where(_image.campaign_id == query.campaign_id, _image.image_id == query.image_id)
    image = await read.session.scalar(wanted)
    if image is None:
        raise NotFound("not_found", f"Image {query.image_id} is not in campaign {query.campaign_id}.")
    said = select(all_of(OBJECT)).where(
        ObjectRow.campaign_image_id == AnswerRow.campaign_image_id, ObjectRow.submission_id == AnswerRow.submission_id
    )
    objects = said.where(_image.id == ObjectRow.campaign_image_id).correlate(AnswerRow).scalar_subquery()
    columns = select(AnswerRow.by, AnswerRow.submission_id, AnswerRow.quality, objects)
    rows = (
        await read.session.execute(columns.where(AnswerRow.campaign_image_id == image.id).order_by(AnswerRow.by))
    ).all()
    opinions = [
        c.Opinion(by=by, submitted=submission is not None, quality=quality, objects=found or []).model_dump(mode="json")
        for by, submission, quality, found in rows
    ]
    return {"agreement": image.agreement, "is_truth": image.truth_id is not None, "opinions": opinions}


async def get_quality(campaign_id: int, read: ReadTx) -> Json:
    campaign = await admin_campaign(campaign_id, read)
    against = AnswerRow.quality["against"].astext

    def total(name: str, kind: str) -> Any:
        return func.coalesce(func.sum(cast(AnswerRow.quality[name].astext, Integer)).filter(against == kind), 0)

    counted = [total(name, kind) for kind in (teams.TRUTH, teams.AGREED) for name in ("tp", "fp", "fn")]
    images = [func.count().filter(against == kind) for kind in (teams.TRUTH, teams.AGREED)]
    rows = (
        select(AnswerRow.by, func.count(AnswerRow.submission_id), *images, *counted)
        .join(_image, _image.id == AnswerRow.campaign_image_id)
        .where(_image.campaign_id == campaign.id)
        .group_by(AnswerRow.by)
        .order_by(AnswerRow.by)
    )
    found = [_labeler(row) for row in (await read.session.execute(rows)).all()]
    mean, disputed = (await read.session.execute(
        select(func.avg(_image.agreement), func.count().filter(_image.review == teams.DISPUTED))
        .where(_image.campaign_id == campaign.id)
    )).one()  # fmt: skip
    return {"labelers": found, "agreement": mean, "disputed": disputed}


def _labeler(row: Sequence[Any]) -> Json:
    by, images, truths, agreed, *counts = row
    return c.LabelerQuality(
        by=by, images=images, truth_images=truths, truth_precision=_fraction(counts[0], counts[1]),
        truth_recall=_fraction(counts[0], counts[2]), agreed_images=agreed,
        agreed_precision=_fraction(counts[3], counts[4]), agreed_recall=_fraction(counts[3], counts[5]),
    ).model_dump(mode="json")  # fmt: skip


def _fraction(hits: int, others: int) -> float | None:
    return hits / (hits + others) if hits + others else None

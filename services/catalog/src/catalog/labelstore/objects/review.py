"""Reviewers accept submitted images, or send them back to who labelled them."""

from collections.abc import Sequence

from sqlalchemy import func, select, text, update

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.usecases import complete_when_done
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.objects import bulk_write, teams
from catalog.labelstore.objects.domain import Checked
from catalog.labelstore.objects.tables import ObjectRow, RevisionRow
from catalog.labelstore.objects.usecases import OK, require_active, store, targets_of
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.visibility import Principal, principal_of
from contracts.catalog import label_objects as c
from contracts.shared import Json
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.tx import Tx


async def review_images(command: c.ReviewImages, tx: Tx) -> Json:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_reviewer(command.campaign_id)
    row = await lock_campaign(command.campaign_id, tx)
    require_active(row)
    ids = [one.image_id for one in command.decisions]
    if len(set(ids)) < len(ids):
        raise Unprocessable("duplicate_image", "An image occurs more than once.")
    targets = await targets_of(row.id, ids, tx)
    for image_id, target in targets.items():
        if target.review not in ("submitted", teams.DISPUTED):
            raise Conflict(
                "conflict", f'Image {image_id} is "{target.review}"; only what is "submitted" or "disputed" is.'
            )
    for one in command.decisions:
        await _decide(targets[one.image_id].row_id, one, caller, tx)
        if row.overlap > 1 and not one.accepted:
            await teams.reopen(targets[one.image_id].row_id, tx)
    return await _reviewed(row, command.decisions, caller, tx)


async def _decide(row_id: int, decision: c.Decision, caller: Principal, tx: Tx) -> None:
    """A rejected image is no longer labelled, so that it counts as work to be done."""
    review = "accepted" if decision.accepted else "rejected"
    image = update(CampaignImageRow).where(CampaignImageRow.id == row_id)
    current = await tx.session.scalar(
        image.values(review=review, comment=decision.comment, labeled=decision.accepted)
        .returning(CampaignImageRow.submission_id)
    )  # fmt: skip
    revision = update(RevisionRow).where(
        RevisionRow.campaign_image_id == row_id, RevisionRow.submission_id == current
    )  # fmt: skip
    await tx.session.execute(revision.values(review=review, reviewed_by=caller.name, comment=decision.comment))


_STILL_LABELED = text(
    f"update {SCHEMA}.images i set labeled = exists (select from {SCHEMA}.campaign_images c"
    " where c.image_id = i.id and c.labeled) where i.id = any(:ids)"
)


async def _reviewed(row: CampaignRow, decisions: Sequence[c.Decision], caller: Principal, tx: Tx) -> Json:
    accepted = [one.image_id for one in decisions if one.accepted]
    rejected = [one.image_id for one in decisions if not one.accepted]
    tx.emit(c.ImagesReviewed(campaign_id=row.id, accepted=accepted, rejected=rejected, by=caller.name))
    await tx.session.execute(_STILL_LABELED, {"ids": rejected})
    await complete_when_done(row, caller.name, tx)
    return {"accepted": len(accepted), "rejected": len(rejected)}


async def restore_revision(command: c.RestoreRevision, tx: Tx) -> str:
    """Stores the objects of an older revision as a new submission."""
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    row = await lock_campaign(command.campaign_id, tx)
    require_active(row)
    target = (await targets_of(row.id, [command.image_id], tx))[command.image_id]
    known = select(func.count()).select_from(RevisionRow)
    same = (RevisionRow.campaign_image_id == target.row_id, RevisionRow.submission_id == command.revision)
    if not await tx.session.scalar(known.where(*same)):
        raise NotFound("not_found", f"Image {command.image_id} has no revision {command.revision}.")
    objects = await _objects_of(target.row_id, command.revision, tx)
    await store(row, [command.image_id], {command.image_id: target}, objects, "restore", caller, tx)
    await complete_when_done(row, caller.name, tx)
    return OK


async def _objects_of(row_id: int, revision: int, tx: Tx) -> list[bulk_write.ObjectToStore]:
    rows = select(ObjectRow).where(ObjectRow.campaign_image_id == row_id, ObjectRow.submission_id == revision)
    found = (await tx.session.scalars(rows.order_by(ObjectRow.id))).all()
    return [
        bulk_write.ObjectToStore(
            row_id, one.label, one.label_original, one.confidence,
            Checked((one.x_min, one.y_min, one.x_max, one.y_max), one.geometry),
        )
        for one in found
    ]  # fmt: skip

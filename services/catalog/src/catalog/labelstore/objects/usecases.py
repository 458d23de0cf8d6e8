"""Submissions: all or nothing, and one at a time in a campaign."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select

from catalog.labelstore.campaigns.domain import final_label
from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.usecases import complete_when_done
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects import bulk_write, domain, teams
from catalog.labelstore.objects.shapes import Size
from catalog.labelstore.objects.tables import SubmissionRow
from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.taxonomies import queries as taxonomies
from catalog.labelstore.users.visibility import Principal, principal_of
from contracts.catalog import label_objects as c
from contracts.catalog.label_geometry import NewObject
from kit.errors import Conflict, NotFound, Unprocessable
from kit.messaging.tx import Tx

OK = "ok"
Kind = Literal["submission", "restore", "import", "consensus", "truth"]


@dataclass(frozen=True)
class Target:
    """An image of the campaign, as far as a submission needs it."""

    row_id: int
    review: str
    leased_by: int | None
    leased_until: datetime | None
    size: Size
    truth_id: int | None = None


async def submit_objects(command: c.SubmitObjects, tx: Tx, settings: LabelStoreSettings) -> str:
    caller = await principal_of(tx.actor, tx.session)
    caller.require_labeler(command.campaign_id)
    if len(command.images) > c.MAX_SUBMITTED_IMAGES:
        raise Unprocessable("too_large", f"A submission has at most {c.MAX_SUBMITTED_IMAGES:,} images.")
    row = await lock_campaign(command.campaign_id, tx)
    require_active(row)
    ids = [entry.image_id for entry in command.images]
    targets = await targets_of(row.id, ids, tx)
    _refuse_repeated(ids)
    shared = {targets[one].row_id: one for one in ids if _is_shared(row, targets[one], caller)}
    own = [one for one in ids if targets[one].row_id not in shared]
    _refuse_taken(row, {one: targets[one] for one in own}, caller, tx)
    objects = await checked_objects(command.images, targets, row, settings, tx)
    if own:
        kept = [one for one in objects if one.campaign_image_id not in shared]
        await store(row, own, targets, kept, "submission", caller, tx)
    if shared:
        answers = [one for one in objects if one.campaign_image_id in shared]
        await teams.answer(row, shared, answers, caller, tx)
    if ids:
        await complete_when_done(row, caller.name, tx)
    return OK


async def checked_objects(
    images: Sequence[c.ImageObjects], targets: dict[int, Target], row: CampaignRow, settings: LabelStoreSettings, tx: Tx
) -> list[bulk_write.ObjectToStore]:
    """Raises Unprocessable, which says where the object is and what is wrong with it."""
    allowed = await taxonomies.labels_of(row.taxonomy_id, tx.session)
    return [one for entry in images for one in _checked(entry, targets[entry.image_id], row, settings, allowed)]


def _is_shared(row: CampaignRow, target: Target, caller: Principal) -> bool:
    """Whether a submission is one answer of several. Admins, and reviewers of what is disputed, decide alone."""
    decides = caller.is_admin or (row.id in caller.reviews and target.review == teams.DISPUTED)
    return not decides and (row.overlap > 1 or target.truth_id is not None)


async def store(
    row: CampaignRow, ids: Sequence[int], targets: dict[int, Target], objects: list[bulk_write.ObjectToStore],
    kind: Kind, caller: Principal, tx: Tx,
) -> int:  # fmt: skip
    """Stores objects of images as one submission and returns its id."""
    submission = SubmissionRow(campaign_id=row.id, actor_id=tx.actor.id, by=caller.name, kind=kind)
    await bulk_write.store(submission, [targets[image_id].row_id for image_id in ids], objects, tx)
    event = {"campaign_id": row.id, "image_ids": list(ids), "object_count": len(objects), "by": caller.name}
    tx.emit(c.ObjectsSubmitted(**event, source=kind))
    return submission.id


def require_active(row: CampaignRow) -> None:
    """Raises Conflict unless work at the campaign goes on."""
    if row.status != "active":
        raise Conflict("conflict", f'Campaign {row.id} is "{row.status}"; it takes objects while it is "active".')


async def targets_of(campaign_id: int, ids: Sequence[int], tx: Tx) -> dict[int, Target]:
    """Returns the images by id. Raises NotFound when one is not in the campaign."""
    columns = select(
        CampaignImageRow.image_id, CampaignImageRow.id, CampaignImageRow.review, CampaignImageRow.leased_by,
        CampaignImageRow.leased_until, ImageRow.width, ImageRow.height, CampaignImageRow.truth_id,
    ).join(ImageRow, ImageRow.id == CampaignImageRow.image_id)  # fmt: skip
    mine = columns.where(CampaignImageRow.campaign_id == campaign_id, CampaignImageRow.image_id == func.any(list(ids)))
    rows = (await tx.session.execute(mine)).tuples().all()
    found = {
        image: Target(row, review, by, until, (w, h), truth) for image, row, review, by, until, w, h, truth in rows
    }
    for image_id in ids:
        if image_id not in found:
            raise NotFound("not_found", f"Image {image_id} is not in campaign {campaign_id}.")
    return found


def _refuse_repeated(ids: Sequence[int]) -> None:
    twice = next((image_id for image_id, count in Counter(ids).items() if count > 1), None)
    if twice is not None:
        raise Unprocessable("duplicate_image", f"Image {twice} occurs more than once.")


def _refuse_taken(row: CampaignRow, targets: dict[int, Target], caller: Principal, tx: Tx) -> None:
    """What a reviewer has accepted only an image-admin changes; in a campaign with leases nobody sends what another
    one works at, or what he has not leased."""
    if caller.is_admin:
        return
    now = datetime.now(UTC)
    for image_id, target in targets.items():
        if target.review == "accepted":
            raise Conflict("conflict", f"Image {image_id} is accepted and cannot be changed any more.")
        if target.review == teams.DISPUTED:
            continue
        is_held = target.leased_by == tx.actor.id and target.leased_until is not None and target.leased_until > now
        if row.uses_leases and not is_held:
            raise Conflict("conflict", f"You hold no lease of image {image_id}; lease it first.")


def _checked(
    entry: c.ImageObjects, target: Target, row: CampaignRow, settings: LabelStoreSettings,
    allowed: dict[str, str] | None,
) -> list[bulk_write.ObjectToStore]:  # fmt: skip
    applied = row.label_translations if row.apply_label_translations else None
    found: list[bulk_write.ObjectToStore] = []
    for number, one in enumerate(entry.objects):
        checked = check_object(one, target.size, settings, f"images {entry.image_id}, object {number}")
        label = final_label(one.label, one.label_translated, applied)
        label = taxonomies.named(label, allowed, f"images {entry.image_id}, object {number}")
        found.append(bulk_write.ObjectToStore(target.row_id, label, one.label, one.confidence, checked))
    return found


def check_object(one: NewObject, size: Size, settings: LabelStoreSettings, name: str) -> domain.Checked:
    """Raises Unprocessable, which says where the object is."""
    box, shape = one.bounding_box, one.geometry and one.geometry.model_dump(mode="json")
    try:
        edges = box and (box.xmin, box.ymin, box.xmax, box.ymax)
        return domain.check(edges, shape, size, settings.out_of_bounds)
    except domain.Rejected as error:
        raise Unprocessable(error.code, f"{name}: {error}.") from error

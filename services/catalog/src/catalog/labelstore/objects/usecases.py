"""Submissions: all or nothing, and one at a time in a campaign."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.campaigns.usecases import complete_when_done
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects import bulk_write, domain, teams
from catalog.labelstore.objects.rules import ObjectRules, shape_of
from catalog.labelstore.objects.shapes import Size
from catalog.labelstore.objects.tables import SubmissionRow
from catalog.labelstore.settings import LabelStoreSettings
from catalog.labelstore.users.visibility import Principal, principal_of
from contracts.catalog import label_objects as c
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


async def submit_objects(command: c.SubmitObjects, tx: Tx, settings: LabelStoreSettings) -> list[float]:
    """Returns the agreement on each image that the submission decides, where several label the same images."""
    caller = await principal_of(tx.actor, tx.session)
    caller.require_labeler(command.campaign_id)
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
    answers = [one for one in objects if one.campaign_image_id in shared]
    agreements = await teams.answer(row, shared, answers, caller, tx) if shared else []
    if ids:
        await complete_when_done(row, caller.name, tx)
    return agreements


async def checked_objects(
    images: Sequence[c.ImageObjects], targets: dict[int, Target], row: CampaignRow, settings: LabelStoreSettings, tx: Tx
) -> list[bulk_write.ObjectToStore]:
    """Raises Unprocessable, which says where the object is and what is wrong with it."""
    rules = await ObjectRules.of(row, settings, tx.session)
    return [one for entry in images for one in _checked(entry, targets[entry.image_id], rules)]


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


def _checked(entry: c.ImageObjects, target: Target, rules: ObjectRules) -> Iterator[bulk_write.ObjectToStore]:
    for number, one in enumerate(entry.objects):
        try:
            yield rules.checked(one, shape_of(one), target.row_id, target.size)
        except domain.Rejected as error:
            raise refusal(error, entry.image_id, number) from error


def refusal(error: domain.Rejected, image_id: int, number: int) -> Unprocessable:
    """Says where the object is and what is wrong with it."""
    return Unprocessable(error.code, f"images {image_id}, object {number}: {error}.")

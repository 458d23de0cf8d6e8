"""Several labellers of one image, who do not see each other's work, and reference images, by which they are judged."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from catalog.labelstore.campaigns.tables import CampaignImageRow, CampaignRow
from catalog.labelstore.objects import bulk_write
from catalog.labelstore.objects.agreement import Said, Score, agree, compare
from catalog.labelstore.objects.answer_tables import AnswerRow
from catalog.labelstore.objects.bulk_write import ObjectToStore
from catalog.labelstore.objects.domain import Checked
from catalog.labelstore.objects.tables import ObjectRow, SubmissionRow
from catalog.labelstore.users.visibility import Principal
from contracts.catalog import label_objects as c
from contracts.catalog.label_campaigns import ConsensusRule
from kit.errors import Conflict
from kit.messaging.tx import Tx

_image = CampaignImageRow
AGREED, DISPUTED, TRUTH = "agreed", "disputed", "truth"


def _answered(tx: Tx) -> Any:
    mine = and_(AnswerRow.campaign_image_id == _image.id, AnswerRow.actor_id == tx.actor.id)
    return exists().where(mine, AnswerRow.submission_id.is_not(None))


async def next_truths(campaign: CampaignRow, count: int, tx: Tx) -> list[int]:
    """Returns reference images that the caller has not answered."""
    rows = select(_image.id).where(_image.campaign_id == campaign.id, _image.truth_id.is_not(None), ~_answered(tx))
    return list((await tx.session.scalars(rows.order_by(_image.id).limit(count))).all())


async def next_shared(campaign: CampaignRow, count: int, now: datetime, tx: Tx) -> list[int]:
    """Returns images that the caller answers next: his leases first, then the most uncertain ones that wait for
    somebody more. Leases of one campaign take this step one after the other."""
    own = select(_image.id).join(AnswerRow, AnswerRow.campaign_image_id == _image.id).where(
        AnswerRow.actor_id == tx.actor.id, AnswerRow.submission_id.is_(None), AnswerRow.leased_until > now,
        _image.campaign_id == campaign.id, _image.truth_id.is_(None), _image.review == "open",
    )  # fmt: skip
    found = list((await tx.session.scalars(own.order_by(_image.id).limit(count))).all())
    busy = or_(AnswerRow.submission_id.is_not(None), AnswerRow.leased_until > now)
    taken = select(func.count()).where(AnswerRow.campaign_image_id == _image.id, busy).correlate(_image)
    is_mine = exists().where(AnswerRow.campaign_image_id == _image.id, AnswerRow.actor_id == tx.actor.id, busy)
    waits = and_(_image.campaign_id == campaign.id, _image.labeled.is_(False), _image.review == "open",
                 _image.truth_id.is_(None), ~is_mine, taken.scalar_subquery() < campaign.overlap)  # fmt: skip
    more = select(_image.id).where(waits).order_by(_image.uncertainty.desc().nulls_last(), _image.id)
    return found + list((await tx.session.scalars(more.limit(count - len(found)))).all())


async def lease(ids: Sequence[int], by: str, until: datetime, tx: Tx) -> None:
    if ids:
        rows = [{"campaign_image_id": one, "actor_id": tx.actor.id, "by": by, "leased_until": until} for one in ids]
        new = insert(AnswerRow).values(rows)
        key = ["campaign_image_id", "actor_id"]
        await tx.session.execute(new.on_conflict_do_update(index_elements=key, set_={"leased_until": until}))


async def set_leases(campaign_id: int, ids: Sequence[int], until: datetime | None, tx: Tx) -> list[int]:
    """Prolongs or ends the caller's leases; returns the images of those that he had."""
    mine = select(_image.id).where(_image.campaign_id == campaign_id, _image.image_id.in_(ids))
    change = update(AnswerRow).where(
        AnswerRow.campaign_image_id.in_(mine), AnswerRow.actor_id == tx.actor.id, AnswerRow.submission_id.is_(None),
        AnswerRow.leased_until > datetime.now(UTC),
    )  # fmt: skip
    changed = change.values(leased_until=until).returning(AnswerRow.campaign_image_id)
    rows = (await tx.session.scalars(changed.execution_options(synchronize_session=False))).all()
    return list((await tx.session.scalars(select(_image.image_id).where(_image.id.in_(rows)))).all())


async def answer(
    row: CampaignRow, images: dict[int, int], objects: Sequence[ObjectToStore], caller: Principal, tx: Tx
) -> list[float]:
    """Keeps the caller's answer of each image, `images` by id of its row. The answer that was missing last decides.
    Returns how far those agree who answered the decided images, 0…1 each."""
    await _refuse_taken(row, images, tx)
    submission = SubmissionRow(campaign_id=row.id, actor_id=tx.actor.id, by=caller.name)
    await bulk_write.write(submission, list(images), objects, tx)
    values = [
        {"campaign_image_id": one, "actor_id": tx.actor.id, "by": caller.name, "submission_id": submission.id}
        for one in images
    ]
    new = insert(AnswerRow).values(values)
    changes = {"submission_id": submission.id, "leased_until": None}
    key = ["campaign_image_id", "actor_id"]
    await tx.session.execute(new.on_conflict_do_update(index_elements=key, set_=changes))
    decided = [await _evaluate(row, row_id, image_id, caller, tx) for row_id, image_id in images.items()]
    return [agreement for agreement in decided if agreement is not None]


async def _refuse_taken(row: CampaignRow, images: dict[int, int], tx: Tx) -> None:
    """Raises Conflict for an image that needs no answer of the caller, or that he has not leased where leases are
    used."""
    columns = select(_image.id, _image.truth_id, _image.review).where(_image.id.in_(images))
    states = {row_id: (truth, review) for row_id, truth, review in (await tx.session.execute(columns)).tuples()}
    answers = (await tx.session.scalars(select(AnswerRow).where(AnswerRow.campaign_image_id.in_(images)))).all()
    for row_id, image_id in images.items():
        own = next((one for one in answers if (one.campaign_image_id, one.actor_id) == (row_id, tx.actor.id)), None)
        others = [one for one in answers if one.campaign_image_id == row_id and one is not own]
        if _is_closed(row, *states[row_id], own, others):
            raise Conflict("conflict", f"Image {image_id} has all its answers and cannot be changed any more.")
        if row.uses_leases and not _holds(own):
            raise Conflict("conflict", f"You hold no lease of image {image_id}; lease it first.")


def _is_closed(
    row: CampaignRow, truth_id: int | None, review: str, own: AnswerRow | None, others: Sequence[AnswerRow]
) -> bool:
    """A reference image takes one answer of everybody; another one takes those of so many people."""
    if truth_id is not None:
        return own is not None and own.submission_id is not None
    return review != "open" or sum(one.submission_id is not None for one in others) >= row.overlap


def _holds(own: AnswerRow | None) -> bool:
    """An answer may be changed until the image is decided."""
    if own is None:
        return False
    leased = own.leased_until is not None and own.leased_until > datetime.now(UTC)
    return leased or own.submission_id is not None


def rule_of(row: CampaignRow) -> ConsensusRule:
    return ConsensusRule.model_validate(row.consensus or {})


async def _evaluate(row: CampaignRow, row_id: int, image_id: int, caller: Principal, tx: Tx) -> float | None:
    """Returns the agreement on an image that is decided now."""
    image = await tx.session.get_one(CampaignImageRow, row_id, populate_existing=True)
    answers = (await tx.session.scalars(
        select(AnswerRow).where(AnswerRow.campaign_image_id == row_id, AnswerRow.submission_id.is_not(None))
        .order_by(AnswerRow.submission_id).execution_options(populate_existing=True)
    )).all()  # fmt: skip
    if image.truth_id is not None:
        truth = await _said(row_id, image.truth_id, tx)
        own = next(one for one in answers if one.actor_id == tx.actor.id)
        own.quality = _quality(compare(truth, await _said(row_id, own.submission_id, tx), rule_of(row).min_iou), TRUTH)
    elif len(answers) >= row.overlap:
        return await _decide(row, image, image_id, answers, caller, tx)
    return None


def _quality(score: Score, against: str) -> dict[str, Any]:
    return {"tp": score.tp, "fp": score.fp, "fn": score.fn, "against": against}


async def _decide(
    row: CampaignRow, image: CampaignImageRow, image_id: int, answers: Sequence[AnswerRow], caller: Principal, tx: Tx
) -> float:
    """What most say counts; where they are too far apart it is a proposal for a reviewer. Returns their agreement."""
    rule = rule_of(row)
    opinions = [await _said(image.id, one.submission_id, tx) for one in answers]
    found = agree(opinions, rule.min_iou)
    submission = SubmissionRow(campaign_id=row.id, actor_id=0, by="consensus", kind="consensus")
    objects = [
        ObjectToStore(image.id, one.label, one.label, None, Checked(one.box, one.shape)) for one in found.objects
    ]
    await bulk_write.store(submission, [image.id], objects, tx)
    agreed = found.agreement >= rule.min_agreement
    values: dict[str, Any] = {"agreement": found.agreement, "submitted_by": None}
    values |= {} if agreed else {"labeled": False, "review": DISPUTED}
    await tx.session.execute(
        update(_image).where(_image.id == image.id).values(**values).execution_options(synchronize_session=False)
    )
    for one, opinion in zip(answers, opinions, strict=True):
        one.quality = _quality(compare(found.objects, opinion, rule.min_iou), AGREED)
    event = {"campaign_id": row.id, "image_ids": [image_id], "object_count": len(objects), "by": caller.name}
    tx.emit(c.ObjectsSubmitted(**event, source="consensus"))
    return found.agreement


async def _said(row_id: int, submission_id: int | None, tx: Tx) -> list[Said]:
    rows = select(ObjectRow).where(ObjectRow.campaign_image_id == row_id, ObjectRow.submission_id == submission_id)
    found = (await tx.session.scalars(rows.order_by(ObjectRow.id))).all()
    return [Said(one.label, (one.x_min, one.y_min, one.x_max, one.y_max), one.geometry) for one in found]


async def reopen(row_id: int, tx: Tx) -> None:
    """The image is sent back: everybody may answer it again. What was said stays in its history."""
    await tx.session.execute(delete(AnswerRow).where(AnswerRow.campaign_image_id == row_id))
    back = update(_image).where(_image.id == row_id).values(review="open", agreement=None)
    await tx.session.execute(back.execution_options(synchronize_session=False))

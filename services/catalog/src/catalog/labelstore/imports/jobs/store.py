"""Stores a batch of an import: its objects, and how far the import is, in one transaction."""

from collections.abc import Sequence

from sqlalchemy import text

from catalog.labelstore.campaigns.usecases import complete_when_done
from catalog.labelstore.campaigns.visibility import lock_campaign
from catalog.labelstore.imports.jobs.plan import Matched, Plan
from catalog.labelstore.objects.bulk_write import ObjectToStore
from catalog.labelstore.objects.domain import uncertainty
from catalog.labelstore.objects.predictions import Predicted
from catalog.labelstore.objects.predictions import store as store_predicted
from catalog.labelstore.objects.usecases import require_active, store, targets_of
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.users.visibility import principal_of
from catalog.shared.job_claim import JobClaim
from contracts.shared import Json, Outcome
from kit.messaging.tx import Tx

Batch = Sequence[tuple[Matched, list[ObjectToStore]]]
_SPLIT = text(
    f"update {SCHEMA}.campaign_images c set given_split = v.side"
    " from unnest(cast(:ids as bigint[]), cast(:sides as text[])) v (id, side) where c.id = v.id"
)


async def store_batch(held: JobClaim, plan: Plan, batch: Batch, end: int, tx: Tx) -> None:
    """Raises Forbidden for a caller who has lost his role since, Conflict when the campaign is not `active` any more:
    what was stored before stays."""
    caller = await principal_of(tx.actor, tx.session)
    caller.require_admin()
    await held.write(tx, images_done=end)
    campaign = await lock_campaign(held.row.campaign_id, tx)
    require_active(campaign)
    if plan.options.mode == "predictions":
        model = plan.options.model or f"import {held.row.id}"
        await store_predicted(campaign.id, model, [_predicted(*one) for one in batch], Outcome.of(len(batch)), tx)
        return
    ids = [one.image.image_id for one, _ in batch]
    targets = await targets_of(campaign.id, ids, tx)
    await store(campaign, ids, targets, [each for _, objects in batch for each in objects], "import", caller, tx)
    sides = [(one.image.row_id, one.split) for one, _ in batch if one.split]
    if sides:
        await tx.session.execute(_SPLIT, {"ids": [row for row, _ in sides], "sides": [side for _, side in sides]})
    if end == len(plan.images):
        await complete_when_done(campaign, caller.name, tx)


def _predicted(one: Matched, objects: Sequence[ObjectToStore]) -> Predicted:
    return one.image.row_id, uncertainty([each.confidence for each in objects]), [_draft(each) for each in objects]


def _draft(one: ObjectToStore) -> Json:
    """Returns the object as a labeller gets it."""
    xmin, ymin, xmax, ymax = one.checked.box
    box = {"xmin": xmin, "xmax": xmax, "ymin": ymin, "ymax": ymax}
    return {"label": one.label, "confidence": one.confidence, "bounding_box": box, "geometry": one.checked.shape}

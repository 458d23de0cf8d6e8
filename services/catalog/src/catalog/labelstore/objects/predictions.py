"""Pre-annotations: what a model says of the images of a campaign, kept apart from what people say."""

from collections.abc import Sequence

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects import domain
from catalog.labelstore.objects.rules import edges_of, shape_of
from catalog.labelstore.objects.shapes import Size
from catalog.labelstore.objects.tables import PredictionRow
from catalog.labelstore.objects.usecases import refusal
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.settings import LabelStoreSettings
from contracts.catalog import label_objects as c
from contracts.catalog.label_geometry import NewObject
from contracts.shared import Json, Outcome
from kit.messaging.tx import Tx

ROWS_PER_INSERT = 1000
NOT_IN_CAMPAIGN = "The image is not in the campaign."
Predicted = tuple[int, float, list[Json]]
"""Id of a campaign image, uncertainty, objects."""
_UNCERTAIN = text(
    f"update {SCHEMA}.campaign_images c set uncertainty = v.uncertainty"
    " from unnest(cast(:ids as bigint[]), cast(:values as float8[])) v (id, uncertainty) where c.id = v.id"
)


async def store_predictions(command: c.StorePredictions, tx: Tx, settings: LabelStoreSettings) -> Outcome:
    campaign = await admin_campaign(command.campaign_id, tx)
    images = await _images(campaign.id, [one.image_id for one in command.images], tx)
    known = [one for one in command.images if one.image_id in images]
    found = [_predicted(one, *images[one.image_id], settings) for one in known]
    left_out = [(NOT_IN_CAMPAIGN, f"image {one.image_id}") for one in command.images if one.image_id not in images]
    return await store(campaign.id, command.model, found, Outcome.of(len(found), left_out), tx)


def _predicted(one: c.PredictedObjects, row_id: int, size: Size, settings: LabelStoreSettings) -> Predicted:
    objects = [
        predicted_object(each, _checked(each, size, settings, one.image_id, number))
        for number, each in enumerate(one.objects)
    ]
    given = one.uncertainty
    return row_id, domain.uncertainty([each.confidence for each in one.objects]) if given is None else given, objects


def _checked(
    one: NewObject, size: Size, settings: LabelStoreSettings, image_id: int, number: int
) -> domain.Checked:  # fmt: skip
    try:
        return domain.check(edges_of(one), shape_of(one), size, settings.out_of_bounds)
    except domain.Rejected as error:
        raise refusal(error, image_id, number) from error


def predicted_object(one: NewObject, checked: domain.Checked) -> Json:
    xmin, ymin, xmax, ymax = checked.box
    box = {"xmin": xmin, "xmax": xmax, "ymin": ymin, "ymax": ymax}
    label = one.label_translated or one.label
    return {"label": label, "confidence": one.confidence, "bounding_box": box, "geometry": checked.shape}


async def _images(campaign_id: int, ids: Sequence[int], tx: Tx) -> dict[int, tuple[int, Size]]:
    columns = select(CampaignImageRow.image_id, CampaignImageRow.id, ImageRow.width, ImageRow.height)
    mine = columns.join(ImageRow, ImageRow.id == CampaignImageRow.image_id).where(
        CampaignImageRow.campaign_id == campaign_id, CampaignImageRow.image_id == func.any(list(ids))
    )
    rows = (await tx.session.execute(mine)).tuples().all()
    return {image_id: (row_id, (width, height)) for image_id, row_id, width, height in rows}


async def store(campaign_id: int, model: str, found: Sequence[Predicted], outcome: Outcome, tx: Tx) -> Outcome:
    for start in range(0, len(found), ROWS_PER_INSERT):
        rows = [
            {"campaign_image_id": row_id, "model": model, "objects": objects}
            for row_id, _, objects in found[start : start + ROWS_PER_INSERT]
        ]
        new = insert(PredictionRow).values(rows)
        changes = {name: new.excluded[name] for name in ("model", "objects")} | {"at": func.now()}
        await tx.session.execute(new.on_conflict_do_update(index_elements=["campaign_image_id"], set_=changes))
    ids, values = [row_id for row_id, _, _ in found], [value for _, value, _ in found]
    await tx.session.execute(_UNCERTAIN, {"ids": ids, "values": values})
    tx.emit(c.PredictionsStored(campaign_id=campaign_id, model=model, outcome=outcome))
    return outcome

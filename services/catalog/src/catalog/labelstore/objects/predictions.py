"""Pre-annotations: what a model says of the images of a campaign, kept apart from what people say."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import shapely
from shapely.errors import ShapelyError
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects import domain
from catalog.labelstore.objects.map_shapes import GeoreferencedImage
from catalog.labelstore.objects.shapes import Size, polygon_shape
from catalog.labelstore.objects.tables import PredictionRow
from catalog.labelstore.objects.usecases import check_object
from catalog.labelstore.schema import SCHEMA
from catalog.labelstore.settings import LabelStoreSettings
from contracts.catalog import label_objects as c
from contracts.catalog.label_geometry import NewObject
from contracts.shared import Json, Outcome, Remark
from kit.errors import Unprocessable
from kit.messaging.tx import Tx

MAX_FEATURES = 100_000
ROWS_PER_INSERT = 1000
NOT_IN_CAMPAIGN = "The image is not in the campaign."
NO_POLYGON = "It is no polygon."
ON_NO_IMAGE = "It lies on no georeferenced image of the campaign."
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
    return await _store(campaign.id, command.model, found, Outcome.of(len(found), left_out), tx)


def _predicted(one: c.PredictedObjects, row_id: int, size: Size, settings: LabelStoreSettings) -> Predicted:
    objects = [
        _object(each, check_object(each, size, settings, f"images {one.image_id}, object {number}"))
        for number, each in enumerate(one.objects)
    ]
    given = one.uncertainty
    return row_id, domain.uncertainty([each.confidence for each in one.objects]) if given is None else given, objects


def _object(one: NewObject, checked: domain.Checked) -> Json:
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


async def store_map_predictions(command: c.StoreMapPredictions, tx: Tx) -> Outcome:
    """Cuts the features of a prediction run to the images that they meet. An image without any is predicted to be
    empty."""
    campaign = await admin_campaign(command.campaign_id, tx)
    features = command.features.get("features")
    if not isinstance(features, list) or len(features) > MAX_FEATURES:
        raise Unprocessable("too_large", f"features is a FeatureCollection of at most {MAX_FEATURES:,} features.")
    images = await _georeferenced(campaign.id, tx)
    found, outcome = await asyncio.to_thread(_cut, features, images, command.label)
    return await _store(campaign.id, command.model, found, outcome, tx)


async def _georeferenced(campaign_id: int, tx: Tx) -> list[tuple[int, GeoreferencedImage]]:
    columns = select(CampaignImageRow.id, ImageRow.id, ImageRow.width, ImageRow.height, ImageRow.georef)
    placed = columns.join(ImageRow, ImageRow.id == CampaignImageRow.image_id).where(
        CampaignImageRow.campaign_id == campaign_id, ImageRow.georef.is_not(None), ImageRow.width.is_not(None)
    )
    return [
        (row_id, GeoreferencedImage(image_id, width or 0, height or 0, georef["crs"], georef["transform"]))
        for row_id, image_id, width, height, georef in (await tx.session.execute(placed)).tuples().all()
        if georef
    ]


def _cut(
    features: Sequence[Any], images: Sequence[tuple[int, GeoreferencedImage]], label: str
) -> tuple[list[Predicted], Outcome]:
    left_out: list[Remark] = []
    shapes: list[tuple[int, Any, Json]] = []
    for number, feature in enumerate(features):
        area = _polygon(feature)
        if area is None:
            left_out.append((NO_POLYGON, f"feature {number}"))
        else:
            shapes.append((number, area, feature.get("properties") or {}))
    objects, met = defaultdict(list), set()
    tree = shapely.STRtree([area for _, area, _ in shapes])
    for row_id, image in images:
        for index in sorted(tree.query(image.footprint, "intersects")) if shapes else ():
            number, area, properties = shapes[index]
            found = _on_image(area, properties, image, label)
            if found:
                met.add(number)
                objects[row_id].append(found)
    left_out += [(ON_NO_IMAGE, f"feature {number}") for number, _, _ in shapes if number not in met]
    predicted = [
        (row_id, domain.uncertainty([one["confidence"] for one in objects[row_id]]), objects[row_id])
        for row_id, _ in images
    ]
    return predicted, Outcome.of(len(met), left_out)


def _polygon(feature: Any) -> Any:
    try:
        area = shapely.geometry.shape(feature["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, ShapelyError):
        return None
    return area if area.geom_type in ("Polygon", "MultiPolygon") and area.is_valid and area.area else None


def _on_image(area: Any, properties: Json, image: GeoreferencedImage, label: str) -> Json | None:
    inside = image.to_pixels(area).intersection(shapely.box(0, 0, image.width, image.height))
    shape = polygon_shape(inside)
    if shape is None:
        return None
    checked = domain.check(None, shape, (image.width, image.height), "clip")
    confidence, said = properties.get("confidence"), properties.get("label")
    known = isinstance(confidence, int | float) and 0 <= confidence <= 1
    name = said if isinstance(said, str) and 1 <= len(said) <= 128 else label
    made = {"label": name, "confidence": confidence if known else None, "geometry": checked.shape}
    return _object(NewObject.model_validate(made), checked)


async def _store(campaign_id: int, model: str, found: Sequence[Predicted], outcome: Outcome, tx: Tx) -> Outcome:
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

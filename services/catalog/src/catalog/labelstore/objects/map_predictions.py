"""Pre-annotations from the map: the result of a prediction run, or any GeoJSON, cut to the images that it meets."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import orjson
import shapely
from shapely.errors import ShapelyError
from sqlalchemy import select

from catalog.labelstore.campaigns.tables import CampaignImageRow
from catalog.labelstore.campaigns.visibility import admin_campaign
from catalog.labelstore.images.tables import ImageRow
from catalog.labelstore.objects import domain
from catalog.labelstore.objects.map_shapes import GeoreferencedImage
from catalog.labelstore.objects.predictions import Predicted, predicted_object, store
from catalog.labelstore.objects.shapes import polygon_shape
from contracts.catalog import label_objects as c
from contracts.catalog.label_geometry import NewObject
from contracts.prediction import GetPrediction, GetResult, Prediction
from contracts.shared import Json, Outcome, Remark
from kit.errors import Invalid, Unprocessable
from kit.messaging.bus import Bus
from kit.messaging.tx import ReadTx, Tx
from kit.storage.port import ObjectStore

MAX_FEATURES = 100_000
MAX_RESULT_BYTES = 128 << 20
"""Bytes of the result of a prediction."""
PREDICTION_WAIT = 10.0
NO_POLYGON = "It is no polygon."
ON_NO_IMAGE = "It lies on no georeferenced image of the campaign."
Store = Callable[[Tx], Awaitable[Outcome]]


async def store_map_predictions(command: c.StoreMapPredictions, read: ReadTx, bus: Bus, storage: ObjectStore) -> Store:
    """Returns the function that stores what lies on the images of the campaign. An image without any is predicted to be
    empty."""
    campaign = await admin_campaign(command.campaign_id, read)
    model, features = await _found(command, read, bus, storage)
    if len(features) > MAX_FEATURES:
        raise Invalid("too_large", f"A FeatureCollection has at most {MAX_FEATURES:,} features here.", http=413)
    images = await _georeferenced(campaign.id, read)
    predicted, outcome = await asyncio.to_thread(_cut, features, images, command.label)
    return lambda tx: store(campaign.id, model, predicted, outcome, tx)


async def _found(
    command: c.StoreMapPredictions, read: ReadTx, bus: Bus, storage: ObjectStore
) -> tuple[str, Sequence[Any]]:
    if command.prediction_id is not None:
        return await _result(command.prediction_id, command.model, read, bus, storage)
    given = (command.features or {}).get("features")
    if not isinstance(given, list) or command.model is None:
        raise Unprocessable("invalid_value", "Send features, a FeatureCollection, and model; or a prediction_id.")
    return command.model, given


async def _result(
    prediction_id: int, model: str | None, read: ReadTx, bus: Bus, storage: ObjectStore
) -> tuple[str, Sequence[Any]]:
    """Asks as the caller, so that nobody reads a prediction that he may not see."""
    await bus.ask(GetResult(prediction_id=prediction_id), read.actor, PREDICTION_WAIT)
    answer = await bus.ask(GetPrediction(prediction_id=prediction_id), read.actor, PREDICTION_WAIT)
    key = f"predict/{prediction_id}/output/predictions.geojson"
    size = ((await storage.head(key)) or {}).get("ContentLength", 0)
    if size > MAX_RESULT_BYTES:
        raise Invalid("too_large", f"The result has {size:,} bytes; at most {MAX_RESULT_BYTES:,} are read.", http=413)
    content = await storage.get(key)
    features = (await asyncio.to_thread(orjson.loads, content))["features"]
    return model or Prediction.model_validate_json(answer).local_model_stac_id, features


async def _georeferenced(campaign_id: int, read: ReadTx) -> list[tuple[int, GeoreferencedImage]]:
    columns = select(CampaignImageRow.id, ImageRow.id, ImageRow.width, ImageRow.height, ImageRow.georef)
    placed = columns.join(ImageRow, ImageRow.id == CampaignImageRow.image_id).where(
        CampaignImageRow.campaign_id == campaign_id, ImageRow.georef.is_not(None), ImageRow.width.is_not(None)
    )
    return [
        (row_id, GeoreferencedImage(image_id, width or 0, height or 0, georef["crs"], georef["transform"]))
        for row_id, image_id, width, height, georef in (await read.session.execute(placed)).tuples().all()
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
    return predicted_object(NewObject.model_validate(made), checked)

"""The label file of a build: what is on the ground of its areas, of OpenStreetMap or of the labels stored with them."""

from typing import Any

import orjson
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow
from catalog.datasets import places
from catalog.datasets.domain import ANY, labelled, osm_filter
from catalog.datasets.offset import back, moved, moved_features
from catalog.datasets.parts import Build
from catalog.datasets.patience import patiently
from catalog.datasets.ports import BuildFailed
from catalog.labels.tables import LabelRow
from imagery import RawDataError

NOTHING_MAPPED = "No label found: OpenStreetMap has no feature of these classes in the area."
NOTHING_STORED = "No label found: the areas have no stored label of these classes and this kind of geometry."


async def make_labels(build: Build) -> tuple[bytes, int]:
    """The label file as it was stored, and the number of its features."""
    stored = build.request.label_source == "stored"
    found = await _stored(build) if stored else await _mapped(build)
    features = labelled(found, build.classes, build.request.geometry_type)
    if not features:
        raise BuildFailed(NOTHING_STORED if stored else NOTHING_MAPPED)
    features = moved_features(features, build.offset)
    content = orjson.dumps({"type": "FeatureCollection", "features": features})
    await build.pulse.beat()
    key = places.labels(build.stac_id)
    await patiently(lambda: build.tools.storage.put(key, content, "application/geo+json"), build.tools.patience)
    await build.pulse.at("labels", len(build.areas), len(build.areas))
    return content, len(features)


async def make_areas(build: Build) -> bytes:
    """The file of the areas, as it was stored."""
    shapes = [{"type": "Feature", "geometry": shapely.geometry.mapping(one), "properties": {}} for one in build.areas]
    content = orjson.dumps({"type": "FeatureCollection", "features": shapes})
    key = places.areas(build.stac_id)
    await patiently(lambda: build.tools.storage.put(key, content, "application/geo+json"), build.tools.patience)
    return content


async def _mapped(build: Build) -> list[dict[str, Any]]:
    """Of OpenStreetMap, area by area: of the ground that the imagery of the area shows."""
    kind, rules, found = build.request.geometry_type, osm_filter(build.classes, build.request.geometry_type), []
    for number, area in enumerate(build.areas):
        await build.pulse.at("labels", number, len(build.areas))
        outline = shapely.geometry.mapping(moved(area, back(build.offset)))
        try:
            found += await patiently(lambda o=outline: build.tools.osm.features(o, rules, kind), build.tools.patience)
        except RawDataError as problem:
            raise BuildFailed(str(problem)) from problem
    return found


async def _stored(build: Build) -> list[dict[str, Any]]:
    """Of the AOIs. Labels without tags belong to the class where there is but one."""
    only = build.request.label_classes[0] if len(build.request.label_classes) == 1 else None
    plain = {only.name: next((str(v) for v in only.classes if v != ANY), "yes")} if only else {}
    rows = select(LabelRow).join(AoiRow, AoiRow.id == LabelRow.aoi_id).where(AoiRow.dataset_id == build.claim.row.id)
    async with build.pulse.context.read() as read:
        labels = (await read.session.scalars(rows.order_by(LabelRow.id))).all()
    return [_as_feature(label, label.tags or plain) for label in labels]


def _as_feature(label: LabelRow, tags: dict[str, Any]) -> dict[str, Any]:
    properties = {"id": label.id, "osm_id": label.osm_id, "osm_type": label.osm_type, "tags": tags}
    return {"type": "Feature", "geometry": shapely.geometry.mapping(to_shape(label.geom)), "properties": properties}

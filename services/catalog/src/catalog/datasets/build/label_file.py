"""Writes the label file of a build, from OpenStreetMap or from the labels stored with the areas."""

import asyncio
from typing import Any

import orjson
import shapely
from geoalchemy2.shape import to_shape
from sqlalchemy import select

from catalog.areas.tables import AoiRow, LabelRow
from catalog.datasets import storage_keys
from catalog.datasets.build.errors import BuildFailed
from catalog.datasets.build.labelling import ClassifiedLabels, assign_classes
from catalog.datasets.build.steps import Build
from catalog.datasets.domain import ANY, osm_filter
from catalog.datasets.offset import move, reverse
from catalog.shared.outcomes import describe_outcome
from contracts.shared import Outcome
from osm.raw_data import RawDataError
from osm.tags import is_untagged

NOTHING_MAPPED = "No label found: OpenStreetMap has no feature of these classes in the area."
NOTHING_STORED = "No label found: the areas have no stored label of these classes and this kind of geometry."


async def make_labels(build: Build) -> tuple[bytes, int, Outcome]:
    """Returns the content of the stored label file, the number of its features, and the outcome of all features
    found."""
    stored = build.request.label_source == "stored"
    result = await asyncio.to_thread(_labelled, await (_stored if stored else _mapped)(build), build)
    outcome = Outcome.of(len(result.features), result.left_out, result.altered)
    if not result.features:
        raise BuildFailed(describe_outcome(NOTHING_STORED if stored else NOTHING_MAPPED, outcome))
    content = orjson.dumps({"type": "FeatureCollection", "features": result.features})
    await build.reporter.check()
    key = storage_keys.labels(build.stac_id)
    await build.retry_transient(lambda: build.tools.storage.put(key, content, "application/geo+json"))
    await build.reporter.at("labels", len(build.areas), len(build.areas))
    return content, outcome.done, outcome


def _labelled(found: list[dict[str, Any]], build: Build) -> ClassifiedLabels:
    kind, areas = build.request.geometry_type, shapely.union_all(build.areas)
    return assign_classes(found, build.classes, kind, areas, build.offset)


async def make_areas(build: Build) -> bytes:
    """Returns the content of the stored file of the areas; outer rings are counter-clockwise."""
    outlines = [shapely.geometry.mapping(one) for one in shapely.orient_polygons(build.areas)]
    shapes = [{"type": "Feature", "geometry": outline, "properties": {}} for outline in outlines]
    content = orjson.dumps({"type": "FeatureCollection", "features": shapes})
    key = storage_keys.areas(build.stac_id)
    await build.retry_transient(lambda: build.tools.storage.put(key, content, "application/geo+json"))
    return content


async def _mapped(build: Build) -> list[dict[str, Any]]:
    """Downloads features area by area, moved to where the map has what the imagery shows."""
    kind, rules, found = build.request.geometry_type, osm_filter(build.classes, build.request.geometry_type), []
    for number, area in enumerate(build.areas):
        await build.reporter.at("labels", number, len(build.areas))
        outline = shapely.geometry.mapping(move(area, reverse(build.offset)))
        try:
            found += await build.retry_transient(lambda o=outline: build.tools.osm.features(o, rules, kind))
        except RawDataError as problem:
            raise BuildFailed(str(problem)) from problem
    return found


async def _stored(build: Build) -> list[dict[str, Any]]:
    """Reads the labels of the AOIs. Untagged labels belong to the only class, when there is one."""
    only = build.request.label_classes[0] if len(build.request.label_classes) == 1 else None
    plain = {only.name: next((str(v) for v in only.classes if v != ANY), "yes")} if only else {}
    rows = select(LabelRow).join(AoiRow, AoiRow.id == LabelRow.aoi_id).where(AoiRow.dataset_id == build.claim.row.id)
    async with build.reporter.context.read() as read:
        labels = (await read.session.scalars(rows.order_by(LabelRow.id))).all()
    return [_as_feature(label, _with_class(label.tags or {}, plain)) for label in labels]


def _with_class(tags: dict[str, Any], plain: dict[str, str]) -> dict[str, Any]:
    return {**tags, **plain} if is_untagged(tags, plain) else tags


def _as_feature(label: LabelRow, tags: dict[str, Any]) -> dict[str, Any]:
    properties = {"id": label.id, "osm_id": label.osm_id, "osm_type": label.osm_type, "tags": tags}
    return {"type": "Feature", "geometry": shapely.geometry.mapping(to_shape(label.geom)), "properties": properties}

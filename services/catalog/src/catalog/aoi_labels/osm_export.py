"""Writes features as OSM XML. A feature that cannot be read is named in the error by its position in the list, from
1."""

import asyncio
from collections.abc import Sequence

from catalog.aoi_labels.domain import BadLabel, Label
from catalog.aoi_labels.reading import label_of
from catalog.shared.outcomes import describe_outcome
from contracts.shared import Json
from kit.errors import Invalid
from osm.osm_xml import osm_xml
from osm.tags import is_untagged

MAX_FEATURES = 10_000
MAX_CHARACTERS = 7_000_000
"""Maximum number of characters of a reply on the bus."""


async def export_osm_xml(features: Sequence[Json]) -> str:
    text = await asyncio.to_thread(_osm_xml, features)
    if len(text) > MAX_CHARACTERS:
        raise refused("These features are too many for one file.")
    return text


def _osm_xml(features: Sequence[Json]) -> str:
    found = _read_all(features)
    altered = [(reason, f"feature {number}") for number, (_, reasons) in enumerate(found, 1) for reason in reasons]
    tags = [osm_tags(feature, label) for feature, (label, _) in zip(features, found, strict=True)]
    text, outcome = osm_xml(zip([label.geometry for label, _ in found], tags, strict=True), altered)
    if outcome.wanted and not outcome.done:
        raise refused(describe_outcome("No feature can be written.", outcome))
    return text


def osm_tags(feature: Json, label: Label) -> dict[str, str]:
    """Adds `building=yes` to an untagged feature that a model classified as a building. Other columns of our results
    are not tags."""
    properties, tags = feature.get("properties") or {}, label.tags or {}
    is_building = "building" in (properties.get("label"), properties.get("class"))
    return {**tags, "building": "yes"} if is_building and is_untagged(tags) else tags


def read(features: Sequence[Json]) -> list[Label]:
    return [label for label, _ in _read_all(features)]


def _read_all(features: Sequence[Json]) -> list[tuple[Label, list[str]]]:
    """Returns each label with texts about what was changed."""
    if len(features) > MAX_FEATURES:
        raise refused(f"At most {MAX_FEATURES} features at a time.")
    return [_read(number, feature) for number, feature in enumerate(features, 1)]


def _read(number: int, feature: Json) -> tuple[Label, list[str]]:
    try:
        return label_of(feature)
    except BadLabel as problem:
        raise refused(f"Feature {number}: {problem}") from problem


def refused(problem: str) -> Invalid:
    return Invalid("invalid_features", problem, geojson=[problem])

"""Features on their way to OpenStreetMap, read strictly: one that is wrong is told by its place."""

import asyncio
from collections.abc import Sequence

from catalog.labels.domain import BadLabel, Label, label_of
from catalog.labels.osm_xml import osm_xml
from contracts.shared import Json
from kit.errors import Invalid

MAX_FEATURES = 10_000
LONGEST = 7_000_000
"""Characters of an answer that the bus takes."""


async def described(features: Sequence[Json]) -> str:
    text = await asyncio.to_thread(lambda: osm_xml((one.geometry, one.tags or {}) for one in read(features)))
    if len(text) > LONGEST:
        raise refused("These features are too many for one file.")
    return text


def read(features: Sequence[Json]) -> list[Label]:
    if len(features) > MAX_FEATURES:
        raise refused(f"At most {MAX_FEATURES} features at a time.")
    return [_read(number, feature) for number, feature in enumerate(features)]


def _read(number: int, feature: Json) -> Label:
    try:
        return label_of(feature)
    except BadLabel as problem:
        raise refused(f"Feature {number}: {problem}") from problem


def refused(problem: str) -> Invalid:
    return Invalid("invalid_features", problem, geojson=[problem])

"""Removes features that OpenStreetMap has already."""

import asyncio
from collections.abc import Sequence
from typing import Any

import shapely

from catalog.aoi_labels.domain import Label
from catalog.aoi_labels.osm_export import read, refused
from contracts.shared import Json
from geo.measure import square_metres
from kit.errors import RateLimited, Unavailable, Unprocessable
from osm.overlap import split_known
from osm.raw_data import RawData, RawDataError

MAX_CONCURRENT = 4
MAX_AREA = 1.0e8
"""Square metres of the box around all features."""
MARGIN = 0.0005
"""Degrees around the features, so that the box of a single point has an area."""
DEADLINE = 55.0
KEYS = ("building", "highway", "natural", "landuse", "waterway", "water", "amenity", "leisure", "barrier", "power")
KINDS = {"Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line"}


class Conflation:
    """Runs at most `MAX_CONCURRENT` requests at a time: each waits for the Raw Data API."""

    def __init__(self, osm: RawData) -> None:
        self.osm = osm
        self._under_way = 0

    async def new(self, features: Sequence[Json]) -> list[Json]:
        """Returns the features that share no surface with a mapped feature of the same kind, and touch none of its
        lines or points. Raises RateLimited when too many requests run, Unavailable when the Raw Data API fails or
        needs longer than `DEADLINE` seconds."""
        labels = await asyncio.to_thread(read, features)
        if not labels:
            return []
        if self._under_way >= MAX_CONCURRENT:
            raise RateLimited("busy", "Too many concurrent requests. Try again in a minute.", retry_after=30)
        self._under_way += 1
        try:
            async with asyncio.timeout(DEADLINE):
                mapped = await self._mapped(labels)
        except TimeoutError as error:
            raise Unavailable("osm_slow", "OpenStreetMap data takes too long. Try again later.") from error
        except RawDataError as problem:
            kind = Unavailable if problem.transient else Unprocessable
            raise kind("osm_unavailable", str(problem)) from problem
        finally:
            self._under_way -= 1
        return (await asyncio.to_thread(split_known, features, mapped, _keys(labels)))[0]

    async def _mapped(self, labels: Sequence[Label]) -> list[dict[str, Any]]:
        outline, keys = _outline(labels), {key: [] for key in _keys(labels)}
        kinds = sorted({KINDS.get(label.geometry.geom_type, "polygon") for label in labels})
        asked = [self.osm.features(outline, {"tags": {kind: {"join_or": keys}}}, kind) for kind in kinds]
        return [feature for found in await asyncio.gather(*asked) for feature in found]


def _outline(labels: Sequence[Label]) -> dict[str, Any]:
    bounds = shapely.total_bounds([label.geometry for label in labels])
    box = shapely.box(*bounds).buffer(MARGIN, join_style="mitre")
    if square_metres(box) > MAX_AREA:
        raise refused(f"The features may spread over at most {MAX_AREA / 1e6:,.0f} km².")
    return shapely.geometry.mapping(box)


def _keys(labels: Sequence[Label]) -> list[str]:
    """Returns the keys that say what the features are; `building` without any."""
    named = {key for label in labels for key in (label.tags or {}) if key in KEYS}
    return sorted(named) or ["building"]

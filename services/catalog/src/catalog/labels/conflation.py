"""What OpenStreetMap has already is taken out of a set of features."""

import asyncio
from collections.abc import Sequence
from typing import Any

import shapely

from catalog.areas.domain import square_metres
from catalog.labels.domain import Label
from catalog.labels.osm import read, refused
from contracts.shared import Json
from imagery import RawData, RawDataError, parted
from kit.errors import TooMany, Unavailable, Unprocessable

AT_ONCE = 4
MAX_AREA = 1.0e8
"""Square metres of the box around all features."""
MARGIN = 0.0005
"""Degrees around the features, so that the box of a single point is one."""
DEADLINE = 55.0
KEYS = ("building", "highway", "natural", "landuse", "waterway", "water", "amenity", "leisure", "barrier", "power")
KINDS = {"Point": "point", "MultiPoint": "point", "LineString": "line", "MultiLineString": "line"}


class Conflation:
    """At most `AT_ONCE` at a time: each holds an answer open until the Raw Data API is done."""

    def __init__(self, osm: RawData) -> None:
        self.osm = osm
        self._under_way = 0

    async def new(self, features: Sequence[Json]) -> list[Json]:
        """Those that share no surface with a feature of the same kind, and touch no line or point of it."""
        labels = await asyncio.to_thread(read, features)
        if not labels:
            return []
        if self._under_way >= AT_ONCE:
            raise TooMany("busy", "Many are asking for this. Try again in a minute.", retry_after=30)
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
        return (await asyncio.to_thread(parted, features, mapped))[0]

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
    """What the features are, by their tags; buildings when they say nothing."""
    named = {key for label in labels for key in (label.tags or {}) if key in KEYS}
    return sorted(named) or ["building"]

"""Which of our features OpenStreetMap has already."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

SHARE = 0.25
"""Of the smaller of two surfaces; imagery and map are often a few metres apart."""
Feature = dict[str, Any]


def parted(features: Sequence[Feature], mapped: Sequence[Feature]) -> tuple[list[Feature], list[Feature]]:
    """Features that are new, and those that are on the map: surfaces that share `SHARE`, or anything that touches."""
    return OnMap(mapped).parted(features)


class OnMap:
    """What is mapped, for features that come portion by portion."""

    def __init__(self, mapped: Sequence[Feature]) -> None:
        self._known = _shapes([one for one in mapped if one.get("geometry")])
        self._tree = shapely.STRtree(self._known)

    def parted(self, features: Sequence[Feature]) -> tuple[list[Feature], list[Feature]]:
        found = _shapes(features)
        ours, theirs = self._tree.query(found, predicate="intersects")
        met = set(ours[_same(found[ours], self._known[theirs])].tolist())
        return [f for n, f in enumerate(features) if n not in met], [f for n, f in enumerate(features) if n in met]


def _shapes(features: Sequence[Feature]) -> np.ndarray:
    shapes = [shapely.geometry.shape(one["geometry"]) for one in features]
    return shapely.make_valid(np.array(shapes, dtype=object)) if shapes else np.array([], dtype=object)


def _same(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    smaller = np.minimum(shapely.area(ours), shapely.area(theirs))
    return shapely.area(shapely.intersection(ours, theirs)) >= SHARE * smaller

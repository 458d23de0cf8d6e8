"""Which features OpenStreetMap has already."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

MIN_OVERLAP = 0.25
"""Fraction of the smaller of two surfaces; imagery and map are often a few metres apart."""
NO = frozenset({"no", "false"})
Feature = dict[str, Any]


def is_negative(value: Any) -> bool:
    """Returns whether a tag's value denies the thing, as in `building=no`."""
    return str(value).strip().lower() in NO


def has_tag(tags: Mapping[str, Any], keys: Collection[str]) -> bool:
    """Returns whether a value of these keys is not negative; True as well when `tags` has none of the keys."""
    values = [tags[key] for key in keys if key in tags]
    return not values or not all(map(is_negative, values))


def split_known(
    features: Sequence[Feature], mapped: Sequence[Feature], keys: Collection[str]
) -> tuple[list[Feature], list[Feature]]:
    """Returns (new, known) features: known ones overlap a mapped surface by MIN_OVERLAP, or touch a line or point.

    Both lists are GeoJSON features in one CRS. Raises the errors of shapely for geometries that are no GeoJSON.
    """
    return MappedFeatures(mapped, keys).split(features)


class MappedFeatures:
    """Mapped features with one of `keys`, to compare with features that arrive in batches. See `split_known`."""

    def __init__(self, mapped: Sequence[Feature], keys: Collection[str]) -> None:
        self._known = _shapes([one for one in mapped if one.get("geometry") and has_tag(_tags(one), keys)])
        self._tree = shapely.STRtree(self._known)

    def split(self, features: Sequence[Feature]) -> tuple[list[Feature], list[Feature]]:
        found = _shapes(features)
        ours, theirs = self._tree.query(found, predicate="intersects")
        met = set(ours[_same(found[ours], self._known[theirs])].tolist())
        return [f for n, f in enumerate(features) if n not in met], [f for n, f in enumerate(features) if n in met]


def _tags(feature: Feature) -> dict[str, Any]:
    return (feature.get("properties") or {}).get("tags") or {}


def _shapes(features: Sequence[Feature]) -> np.ndarray:
    shapes = [shapely.geometry.shape(one["geometry"]) for one in features]
    return shapely.make_valid(np.array(shapes, dtype=object)) if shapes else np.array([], dtype=object)


def _same(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    smaller = np.minimum(shapely.area(ours), shapely.area(theirs))
    return shapely.area(shapely.intersection(ours, theirs)) >= MIN_OVERLAP * smaller

"""What to ask OpenStreetMap for."""

from collections.abc import Sequence
from typing import Any

_KEYS: dict[str, dict[str, list[str]]] = {
    "building": {"building": []},
    "road": {"highway": []},
    "tree": {"natural": ["tree", "tree_row", "wood"], "landuse": ["forest"]},
    "water": {"natural": ["water"], "waterway": [], "water": []},
    "landuse": {"landuse": []},
    "solid-waste": {"amenity": ["waste_disposal"], "landuse": ["landfill"]},
}
_BUCKETS = ("polygon", "line", "point")


def keys(keywords: Sequence[str]) -> list[str]:
    """Keys by which such things are on the map."""
    return [key for keyword in keywords for key in _KEYS.get(keyword, {})]


def select_features(keywords: Sequence[str]) -> tuple[str, dict[str, Any]] | None:
    """Geometry type and filters for the Raw Data API, by a model's keywords; None when they name nothing mapped."""
    pairs = [pair for keyword in keywords for pair in _KEYS.get(keyword, {}).items()]
    any_value = {key for key, values in pairs if not values}
    keys = {key: [v for k, vs in pairs if k == key and key not in any_value for v in vs] for key, _ in pairs}
    bucket = next((name for name in _BUCKETS if name in keywords), "polygon")
    return (bucket, {"tags": {bucket: {"join_or": keys}}}) if keys else None

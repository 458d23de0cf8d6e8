"""The features behind the Raw Data API sandbox, and its filters."""

import json
from pathlib import Path
from typing import Any

from shapely import STRtree
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from stack.sandbox import village

Feature = dict[str, Any]
NOT_TAGS = {"osm_id", "osm_type", "label", "id"}
BUCKETS = {"Polygon": "polygon", "MultiPolygon": "polygon", "LineString": "line", "MultiLineString": "line"}


class OsmSource:
    def __init__(self, features: list[Feature]) -> None:
        self.features = features
        self.tree = STRtree([shape(feature["geometry"]) for feature in features])

    @classmethod
    def of(cls, data: Path | None) -> "OsmSource":
        """The generated village, or a sample folder whose features have one column per tag."""
        if data is None:
            return cls(village.features())
        files = sorted((data / "train" / "osm").glob("osm_features_*.geojson"))
        return cls([_nested(one) for file in files for one in json.loads(file.read_text())["features"]])

    def select(
        self, area: BaseGeometry, filters: dict[str, Any], kinds: list[str], within: bool = False
    ) -> list[Feature]:
        """Returns whole features that intersect the area, or lie inside it (`within`)."""
        hits = self.tree.query(area, predicate="contains" if within else "intersects")
        found = [self.features[number] for number in sorted(hits)]
        return [one for one in found if (not kinds or _bucket(one) in kinds) and _matches(one, filters)]


def _nested(feature: Feature) -> Feature:
    flat = feature["properties"]
    tags = {key: value for key, value in flat.items() if key not in NOT_TAGS and value is not None}
    properties = {"osm_id": flat["osm_id"], "osm_type": flat["osm_type"], "tags": tags}
    return {"type": "Feature", "geometry": feature["geometry"], "properties": properties}


def _bucket(feature: Feature) -> str:
    return BUCKETS.get(feature["geometry"]["type"], "point")


def _matches(feature: Feature, filters: dict[str, Any]) -> bool:
    """No filter for the kind of geometry lets all features of that kind pass."""
    by_bucket = filters.get("tags") or {}
    rules = [by_bucket[name] for name in (_bucket(feature), "all_geometry") if by_bucket.get(name)]
    if not rules:
        return not by_bucket
    return any(_passes(feature["properties"]["tags"], rule) for rule in rules)


def _passes(tags: dict[str, str], rule: dict[str, dict[str, list[str]]]) -> bool:
    """An empty list of values asks only for the key."""

    def has(key: str, values: list[str]) -> bool:
        return key in tags and (not values or tags[key] in values)

    either, both = rule.get("join_or") or {}, rule.get("join_and") or {}
    return (not either or any(has(*one) for one in either.items())) and all(has(*one) for one in both.items())

"""What may be a label, and how a feature of a file becomes one."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import shapely
from shapely.geometry.base import BaseGeometry

MAX_VERTICES = 10_000
MAX_FEATURES = 50_000
"""Of one upload or fetch."""
MAX_TAGS = 100
MAX_TAG = 255
"""Characters of a key or a value, as in OpenStreetMap."""
MAX_ID = 2**63 - 1
NOT_TAGS = frozenset({"id", "@id", "osm_id", "osm_type", "aoi", "label", "created_at", "tags"})
Values = dict[str, Any]


class BadLabel(ValueError):
    """Words for the person who sent it; `field` is what is wrong."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True)
class Label:
    """`geometry` in EPSG:4326, two-dimensional, valid, not empty."""

    geometry: BaseGeometry
    osm_id: int | None = None
    osm_type: str | None = None
    tags: dict[str, str] | None = None


def geometry_of(value: Any) -> BaseGeometry:
    """Any valid GeoJSON geometry of reasonable size in lon/lat; BadLabel otherwise."""
    if not isinstance(value, dict) or not {"coordinates", "geometries"} & cast(Values, value).keys():
        raise BadLabel("geometry", "This is no GeoJSON geometry.")
    try:
        geometry = shapely.force_2d(shapely.from_geojson(json.dumps(value, allow_nan=False)))  # pyright: ignore[reportUnknownMemberType]
    except (shapely.errors.ShapelyError, ValueError, TypeError) as problem:
        raise BadLabel("geometry", "This is no GeoJSON geometry.") from problem
    vertices = shapely.get_num_coordinates(geometry)  # pyright: ignore[reportUnknownMemberType]
    if not 0 < vertices <= MAX_VERTICES:
        raise BadLabel("geometry", f"A label has between 1 and {MAX_VERTICES} vertices.")
    west, south, east, north = geometry.bounds
    if west < -180 or south < -90 or east > 180 or north > 90:
        raise BadLabel("geometry", "Longitudes lie within ±180 and latitudes within ±90 degrees.")
    if not geometry.is_valid:
        raise BadLabel("geometry", f"The geometry is broken: {shapely.is_valid_reason(geometry)}.")
    return geometry


def tags_of(value: Any) -> dict[str, str] | None:
    """Tags as OpenStreetMap has them: text to text."""
    if value is None:
        return None
    if not isinstance(value, dict) or len(tags := cast(Values, value)) > MAX_TAGS:
        raise BadLabel("tags", f"Tags are an object with at most {MAX_TAGS} members.")
    if any(isinstance(one, dict | list) or len(str(one)) > MAX_TAG or len(key) > MAX_TAG for key, one in tags.items()):
        raise BadLabel("tags", f"A tag is plain text of at most {MAX_TAG} characters.")
    return {key: _plain(one) for key, one in tags.items() if one is not None}


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def osm_id_of(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(str(value).rpartition("/")[2])
    except ValueError as problem:
        raise BadLabel("osm_id", "An OSM id is a whole number.") from problem
    if abs(number) > MAX_ID:
        raise BadLabel("osm_id", "An OSM id is a whole number.")
    return number


def label_of(feature: Any) -> Label:
    """Of a feature as files hold it; members of `properties` that look like tags are tags where `tags` is missing."""
    if not isinstance(feature, dict) or cast(Values, feature).get("type") != "Feature":
        raise BadLabel("features", "Each entry must be a GeoJSON Feature.")
    members = cast(Values, feature)
    if not isinstance(members.get("geometry"), dict) or not isinstance(members.get("properties"), dict):
        raise BadLabel("features", "A feature needs geometry and properties.")
    properties = cast(Values, members["properties"])
    tags = properties["tags"] if "tags" in properties else _flat(properties)
    osm_type = properties.get("osm_type")
    return Label(
        geometry_of(members["geometry"]), osm_id_of(properties.get("osm_id", properties.get("@id"))),
        str(osm_type)[:50] if osm_type else None, tags_of(tags),
    )  # fmt: skip


def _flat(properties: Values) -> Values | None:
    tags = {k: v for k, v in properties.items() if k not in NOT_TAGS and isinstance(v, str | int | float) and v != ""}
    return tags or None


def usable(features: Iterable[Any]) -> list[Label]:
    """Those that can be labels, each geometry once; the others are left out."""
    found: dict[bytes, Label] = {}
    for feature in features:
        try:
            label = label_of(feature)
        except BadLabel:
            continue
        found[shapely.to_wkb(shapely.normalize(label.geometry))] = label
    return list(found.values())


def mended(feature: Any) -> Any:
    """A feature of OpenStreetMap whose geometry crosses itself, made valid; anything else as it came."""
    try:
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
    except (shapely.errors.ShapelyError, KeyError, TypeError, ValueError):
        return feature
    if geometry.is_valid:
        return feature
    return {**feature, "geometry": json.loads(shapely.to_geojson(shapely.make_valid(geometry)))}

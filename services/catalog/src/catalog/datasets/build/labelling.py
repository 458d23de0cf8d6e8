"""Assigns classes to features, and reports why features were left out.

A key whose value is negative (`building=no`) belongs to no class. Of each feature only the parts with the geometry type
of the dataset are kept. For polygons a closed line counts as a polygon, since JOSM writes closed ways as lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from catalog.datasets.domain import ANY, LabelClass
from catalog.datasets.offset import Offset, move
from catalog.shared.outcomes import NOT_THERE, REPAIRED
from geo.parts import parts_of_dimension
from osm.overlap import is_negative
from osm.tags import osm_type_of

DIMENSIONS = {"point": 0, "line": 1, "polygon": 2}
NO_CLASS = "Its tags belong to no class of the dataset."
OTHER_KIND = "Its geometry is of another kind than the labels of the dataset."
NO_GEOMETRY = "It has no geometry that can be read."
ELSEWHERE = "It does not touch the areas of the dataset."
SEEN_BEFORE = "The same object was found again with another shape."
CLOSED = "Its closed line was taken as a polygon."
REDUCED = "Only the parts of the wanted kind of geometry were kept."
Feature = dict[str, Any]
Remark = tuple[str, str]
"""Reason and name of a feature that was left out or changed."""
Key = tuple[str, int]


@dataclass
class ClassifiedLabels:
    """`features` have a deterministic order, so that equal labels give equal bytes."""

    features: list[Feature] = field(default_factory=list[Feature])
    left_out: list[Remark] = field(default_factory=list[Remark])
    altered: list[Remark] = field(default_factory=list[Remark])


class UnusableFeature(ValueError):
    """The text is for the mapper."""


def assign_classes(
    features: Iterable[Feature], classes: Sequence[LabelClass], geometry_type: str,
    areas: BaseGeometry | None = None, offset: Offset = (0, 0),
) -> ClassifiedLabels:  # fmt: skip
    """Returns one feature for each OSM object or stored label that touches `areas` after a move by `offset` metres.
    Each has the 1-based position of its class (`label`) and the name of the class (`class`)."""
    result = ClassifiedLabels()
    found: dict[Key, tuple[Feature, BaseGeometry, list[str]]] = {}
    for feature in features:
        properties: Feature = feature.get("properties") or {}
        try:
            number = class_of(properties.get("tags") or {}, classes)
            geometry, altered = _shape(feature.get("geometry"), geometry_type)
        except UnusableFeature as problem:
            result.left_out.append((str(problem), feature_name(properties)))
            continue
        stamped = {**properties, "label": number, "class": classes[number - 1][0]}
        key, geometry = _identity(properties), move(geometry, offset)
        if key in found and not found[key][1].equals(geometry):
            result.left_out.append((SEEN_BEFORE, feature_name(properties)))
        found[key] = ({"type": "Feature", "properties": stamped}, geometry, altered)
    _collect(found, areas, result)
    return result


def class_of(tags: dict[str, Any], classes: Sequence[LabelClass]) -> int:
    """Returns the 1-based position of the first class that the tags belong to. Raises UnusableFeature without one."""
    for number, (name, values) in enumerate(classes, 1):
        value = tags.get(name)
        if value is not None and (value in map(str, values) or (ANY in values and not is_negative(value))):
            return number
    denied = any(name in tags and is_negative(tags[name]) for name, _ in classes)
    raise UnusableFeature(NOT_THERE if denied else NO_CLASS)


def feature_name(properties: Feature) -> str:
    """Returns `way/12`, or `label 7` for a label that is not from OpenStreetMap."""
    kind, number = _identity(properties)
    return f"{kind}/{number}" if kind else f"label {number}"


def _identity(properties: Feature) -> Key:
    """The key of a label that is not from OpenStreetMap is its own id."""
    if properties.get("osm_id"):
        return osm_type_of(properties.get("osm_type")) or "object", int(properties["osm_id"])
    return "", int(properties.get("id") or 0)


def _shape(value: Any, geometry_type: str) -> tuple[BaseGeometry, list[str]]:
    """Returns the parts of that geometry type and what was changed. Raises UnusableFeature without such parts."""
    try:
        geometry: BaseGeometry = shapely.geometry.shape(value)
        valid = geometry if geometry.is_valid else shapely.make_valid(geometry)
    except (shapely.errors.ShapelyError, AttributeError, KeyError, IndexError, TypeError, ValueError) as problem:
        raise UnusableFeature(NO_GEOMETRY) from problem
    altered, wanted = [] if valid is geometry else [REPAIRED], DIMENSIONS[geometry_type]
    closed = _closed_lines(valid) if wanted == 2 and shapely.get_dimensions(valid) == 1 else None
    kept = closed or parts_of_dimension(valid, wanted)
    if kept is None:
        raise UnusableFeature(NO_GEOMETRY if valid.is_empty else OTHER_KIND)
    if closed:
        altered.append(CLOSED)
    elif geometry.geom_type == "GeometryCollection":
        altered.append(REDUCED)
    return kept if altered else geometry, altered


def _closed_lines(lines: BaseGeometry) -> BaseGeometry | None:
    """Returns the polygons that closed lines enclose; None without any."""
    rings = [line for line in getattr(lines, "geoms", [lines]) if line.is_closed and len(line.coords) > 3]
    surfaces = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]
    return parts_of_dimension(shapely.GeometryCollection(surfaces), 2)


def _collect(
    found: dict[Key, tuple[Feature, BaseGeometry, list[str]]], areas: BaseGeometry | None, into: ClassifiedLabels
) -> None:
    """Adds the features that touch the areas to `into`; outer rings are counter-clockwise (RFC 7946)."""
    keys = sorted(found)
    shapes = np.array([found[key][1] for key in keys], dtype=object)
    touch = np.ones(len(keys), bool) if areas is None else shapely.intersects(areas, shapes)
    for key, shape, is_there in zip(keys, shapely.orient_polygons(shapes), touch, strict=True):
        feature, _, altered = found[key]
        name = feature_name(feature["properties"])
        if not is_there:
            into.left_out.append((ELSEWHERE, name))
            continue
        into.altered += [(reason, name) for reason in altered]
        into.features.append({**feature, "geometry": shapely.geometry.mapping(shape)})

"""Turns features of a file into labels, and reports why features were left out."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from catalog.aoi_labels.domain import BadLabel, Label
from catalog.aoi_labels.identity import identity_of
from catalog.aoi_labels.shapes import repaired_geometry_of
from catalog.aoi_labels.tags import read_tags
from catalog.shared.outcomes import NOT_THERE
from osm.tags import denies_everything

NO_FEATURE = "This is no GeoJSON Feature."
NO_PROPERTIES = "The properties of a feature are an object or null."
TWICE = "The same shape comes again later."
ELSEWHERE = "It does not touch its area."
SWAPPED = "It does not touch its area; latitude and longitude seem to be swapped: GeoJSON writes the longitude first."
Values = dict[str, Any]
Remark = tuple[str, str]


def label_of(feature: Any) -> tuple[Label, list[str]]:
    """Returns the label and texts about what was changed. Raises BadLabel for an unusable feature."""
    if not isinstance(feature, dict) or cast(Values, feature).get("type") != "Feature":
        raise BadLabel("features", NO_FEATURE)
    members = cast(Values, feature)
    properties = members.get("properties") or {}
    if not isinstance(properties, dict):
        raise BadLabel("features", NO_PROPERTIES)
    values = cast(Values, properties)
    geometry, altered = repaired_geometry_of(members.get("geometry"))
    (osm_type, osm_id), unread = identity_of(members, values)
    tags, left_out = read_tags(values)
    return Label(geometry, osm_id, osm_type, tags), [*altered, *unread, *left_out]


def by_number(number: int, label: Label | None) -> str:
    return f"feature {number}"


def by_object(number: int, label: Label | None) -> str:
    """Names a feature of OpenStreetMap by type and id, others by their number."""
    known = label and label.osm_id is not None
    return f"{label.osm_type or 'object'}/{label.osm_id}" if label and known else by_number(number, label)


@dataclass
class Reading:
    """Collects the labels that touch `area`. Of equal shapes the last one is kept. `read` may be called for each
    part of a file."""

    area: BaseGeometry
    named: Callable[[int, Label | None], str] = by_number
    left_out: list[Remark] = field(default_factory=list[Remark])
    _found: dict[bytes, tuple[str, Label, list[str]]] = field(default_factory=dict[bytes, tuple[str, Label, list[str]]])

    def read(self, features: Iterable[tuple[int, Any]]) -> None:
        for number, feature in features:
            try:
                label, altered = label_of(feature)
            except BadLabel as problem:
                self.left_out.append((str(problem), self.named(number, None)))
                continue
            if denies_everything(label.tags):
                self.left_out.append((NOT_THERE, self.named(number, label)))
                continue
            shape = shapely.to_wkb(shapely.normalize(label.geometry))
            if shape in self._found:
                self.left_out.append((TWICE, self._found[shape][0]))
            self._found[shape] = (self.named(number, label), label, altered)

    @property
    def altered(self) -> list[Remark]:
        return [(reason, name) for name, _, reasons in self._found.values() for reason in reasons]

    def leave_out(self, is_unwanted: Callable[[Label], bool], reason: str) -> None:
        for key in [key for key, (_, label, _) in self._found.items() if is_unwanted(label)]:
            self.left_out.append((reason, self._found.pop(key)[0]))

    def labels(self) -> list[Label]:
        """Returns the labels that touch the area and reports the others as left out."""
        shapes = np.array([label.geometry for _, label, _ in self._found.values()], dtype=object)
        touch = shapely.intersects(self.area, shapes)
        far = {id(shape) for shape in shapes[~touch]}
        reason = SWAPPED if far and not touch.any() and _would_touch(self.area, shapes) else ELSEWHERE
        self.leave_out(lambda label: id(label.geometry) in far, reason)
        return [label for _, label, _ in self._found.values()]


def _would_touch(area: BaseGeometry, shapes: np.ndarray) -> bool:
    """Returns whether most shapes would touch the area with swapped axes."""
    turned = shapely.transform(shapes, lambda positions: positions[:, ::-1])
    return bool(shapely.intersects(area, turned).mean() > 0.5)


def numbered(features: Sequence[Any], numbers: Sequence[int], before: int = 0) -> Iterable[tuple[int, Any]]:
    """Returns features with their positions in the file, from 1: `numbers` where given, else counted after `before`."""
    return zip(numbers or range(before + 1, before + len(features) + 1), features, strict=True)

"""Objects of a file become objects of an image, or are counted with the reason why not."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from catalog.labelstore.imports.formats.found import FoundObject, Tally
from catalog.labelstore.imports.repairs import repaired
from catalog.labelstore.objects import domain
from catalog.labelstore.objects.bulk_write import ObjectToStore
from catalog.labelstore.objects.rules import UNKNOWN_LABEL, ObjectRules, shape_of
from catalog.labelstore.objects.shapes import Box, Size
from contracts.catalog.label_geometry import NewObject
from contracts.catalog.label_imports import ImportOptions

NO_SIZE = "The size of its image is not known, so fractions of it are no pixels."
NOT_FINITE = "Its numbers are not finite."
NOT_WANTED = "Its label is left out, as asked."
NO_OBJECT = "It breaks the schema of an object."
BAD = {
    "invalid_bounding_box": "Its box is empty or leaves the image.",
    "invalid_geometry": "Its shape is not valid.",
    UNKNOWN_LABEL: "Its label is not in the taxonomy of the campaign.",
}
REPAIRED = "Its outline crosses itself and is repaired."
ROUNDED = "Its edges are rounded to whole pixels."
CONFIDENCE = "Its confidence is no number from 0 to 1 and is left out."
TOLERANCE = 0.01
DECIMALS = 5
"""Of a pixel, in shapes that are written as fractions of the image."""


class Refused(Exception):
    """`reason` is one of a few; the text is about this object."""

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


@dataclass
class Checker:
    """Counts what it has checked."""

    options: ImportOptions
    rules: ObjectRules
    done: int = 0
    left_out: Tally = field(default_factory=Tally)
    altered: Tally = field(default_factory=Tally)
    labels: Counter[str] = field(default_factory=Counter)
    unknown: set[str] = field(default_factory=set)
    """Labels that the taxonomy of the campaign does not have."""

    def check(self, one: FoundObject, row_id: int, size: Size) -> ObjectToStore | None:
        try:
            found = self._checked(one, row_id, size)
        except Refused as refused:
            told = "" if str(refused) == refused.reason else f": {refused}"
            self.left_out.add(refused.reason, f"{one.where}{told}")
            return None
        self.done += 1
        self.labels[found.label] += 1
        return found

    def _checked(self, one: FoundObject, row_id: int, size: Size) -> ObjectToStore:
        label = self.options.labels.get(one.label, one.label)
        if label is None:
            raise Refused(NOT_WANTED)
        box, shape = in_pixels(one, size)
        new = _new_object(label, box, shape, self._confidence(one), one.original)
        if one.box is not None and new.bounding_box is not None:
            self._note_rounding(one, size)
        try:
            given = shape_of(new)
            return self.rules.checked(new, given and self._repaired(given, one.where), row_id, size)
        except domain.Rejected as error:
            if error.code == UNKNOWN_LABEL:
                self.unknown.add(label)
            raise Refused(BAD.get(error.code, NO_OBJECT), str(error)) from error

    def _repaired(self, shape: dict[str, Any], where: str) -> dict[str, Any]:
        found, is_altered = repaired(shape)
        if is_altered:
            self.altered.add(REPAIRED, where)
        return found

    def _confidence(self, one: FoundObject) -> float | None:
        given = one.confidence
        if given is None:
            return None
        if isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 1:
            return float(given)
        self.altered.add(CONFIDENCE, one.where)
        return None

    def _note_rounding(self, one: FoundObject, size: Size) -> None:
        box = _scaled(one, size)
        if one.shape is None and any(abs(edge - round(edge)) > TOLERANCE for edge in box):
            self.altered.add(ROUNDED, one.where)


def in_pixels(one: FoundObject, size: Size) -> tuple[Box | None, dict[str, Any] | None]:
    """Returns box and shape in pixels of the stored grid; a shape makes the box needless. Raises Refused."""
    if one.units == "fractions" and None in size:
        raise Refused(NO_SIZE)
    if one.shape is None:
        return whole_box(_scaled(one, size)), None
    if one.units != "fractions":
        return None, one.shape
    width, height = size
    rings = one.shape["coordinates"]
    if not all(math.isfinite(number) for part in rings for ring in part for point in ring for number in point):
        raise Refused(NOT_FINITE)
    scaled = [
        [[(round(x * (width or 0), DECIMALS), round(y * (height or 0), DECIMALS)) for x, y in ring] for ring in part]
        for part in rings
    ]
    box = _rectangle(scaled)
    return (box, None) if box else (None, {**one.shape, "coordinates": scaled})


def _scaled(one: FoundObject, size: Size) -> tuple[float, ...]:
    box = one.box or ()
    if any(not isinstance(edge, int | float) or not math.isfinite(edge) for edge in box):
        raise Refused(NOT_FINITE)
    width, height = size if one.units == "fractions" else (1, 1)
    return tuple(edge * scale for edge, scale in zip(box, (width or 1, height or 1) * 2, strict=True))


def whole_box(box: tuple[float, ...]) -> Box:
    """Returns the nearest whole pixels, but never an empty box for one that has an area."""
    near = round(box[0]), round(box[1]), round(box[2]), round(box[3])
    if near[0] < near[2] and near[1] < near[3]:
        return near
    return math.floor(box[0]), math.floor(box[1]), math.ceil(box[2]), math.ceil(box[3])


def _rectangle(parts: list[Any]) -> Box | None:
    """Returns the box of an outline that is one: a format without boxes beside outlines writes it so."""
    ring = parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 else []
    xs, ys = {x for x, _ in ring}, {y for _, y in ring}
    corners = {(x, y) for x in xs for y in ys}
    is_whole = all(number == int(number) for number in xs | ys)
    if len(xs) == len(ys) == 2 and len(ring) in (4, 5) and set(ring) == corners and is_whole:
        return int(min(xs)), int(min(ys)), int(max(xs)), int(max(ys))
    return None


def _new_object(
    label: str, box: Box | None, shape: dict[str, Any] | None, confidence: float | None,
    original: str | None,
) -> NewObject:  # fmt: skip
    translated = label if original not in (None, label) else None
    values: dict[str, Any] = {"label": original or label, "label_translated": translated, "confidence": confidence}
    if box is not None:
        values["bounding_box"] = dict(zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    try:
        return NewObject.model_validate({**values, "geometry": shape})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refused(NO_OBJECT, f"{place}: {first['msg']}") from error

"""Rules of submitted objects."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from catalog.labelstore.objects.shapes import BadShape, Box, Size, box_of, clipped

Policy = Literal["accept", "clip", "reject"]
MAX_EDGE = 2_147_483_647


class Checked(NamedTuple):
    """An object whose box fits the rules."""

    box: Box
    shape: dict[str, Any] | None


class Rejected(Exception):
    """`code` is `invalid_bounding_box`, `invalid_geometry` or `unknown_label`; the text says why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def check(box: Box | None, shape: dict[str, Any] | None, size: Size, policy: Policy) -> Checked:
    """Returns the object with its box derived from its shape. What leaves an image of known size is accepted, cut or
    rejected. Raises Rejected."""
    found = Checked(_box(box, shape, size), shape)
    xmin, ymin, xmax, ymax = found.box
    if xmax <= xmin or ymax <= ymin:
        raise Rejected("invalid_bounding_box", f"the box {_named(found.box)} has no area")
    width, height = size
    if width is None or height is None or _is_inside(found.box, width, height) or policy == "accept":
        return _storable(found)
    if policy == "reject":
        raise Rejected(
            "invalid_bounding_box", f"the box {_named(found.box)} leaves the image of {width} x {height} pixels"
        )
    return _cut(found, width, height)


def _box(box: Box | None, shape: dict[str, Any] | None, size: Size) -> Box:
    if shape is None:
        assert box is not None
        return box
    try:
        return box_of(shape, size)
    except BadShape as error:
        raise Rejected("invalid_geometry", str(error)) from error


def _cut(found: Checked, width: int, height: int) -> Checked:
    xmin, ymin, xmax, ymax = found.box
    shape = clipped(found.shape, (width, height)) if found.shape else None
    cut = max(xmin, 0), max(ymin, 0), min(xmax, width), min(ymax, height)
    if cut[2] <= cut[0] or cut[3] <= cut[1] or (found.shape and shape is None):
        raise Rejected("invalid_bounding_box", f"nothing of the box {_named(found.box)} lies in the image")
    return found._replace(box=box_of(shape, (width, height)) if shape else cut, shape=shape)


def _storable(found: Checked) -> Checked:
    xmin, ymin, xmax, ymax = found.box
    if xmin < 0 or ymin < 0 or xmax > MAX_EDGE or ymax > MAX_EDGE:
        raise Rejected("invalid_bounding_box", f"the box {_named(found.box)} lies outside of 0 to {MAX_EDGE}")
    return found


def _is_inside(box: Box, width: int, height: int) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _named(box: Box) -> str:
    return f"xmin {box[0]}, ymin {box[1]}, xmax {box[2]}, ymax {box[3]}"


def uncertainty(confidences: Sequence[float | None]) -> float:
    """Returns how unsure a model is of an image, 0 to 1: 1 when any object is as likely as not, and for an image in
    which it found nothing 0.5, before those of which it is sure."""
    known = [1 - 2 * abs(value - 0.5) for value in confidences if value is not None]
    return max(known, default=0.5)

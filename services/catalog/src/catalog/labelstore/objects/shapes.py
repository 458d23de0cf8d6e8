"""Shapes in pixels: checks, and the box that follows from each."""

import math
from typing import Any

import shapely
from shapely.affinity import rotate

from catalog.labelstore.objects import rle

Box = tuple[int, int, int, int]
"""(xmin, ymin, xmax, ymax) in pixel edges."""
Size = tuple[int | None, int | None]
"""Width and height of the image, where they are known."""
MAX_VERTICES = 100_000


class BadShape(Exception):
    """Why a shape cannot be stored, in words."""


def box_of(shape: dict[str, Any], size: Size) -> Box:
    """Returns the box around a shape. Raises BadShape for one that is broken, empty, or made for another image."""
    kind = shape["type"]
    if kind == "image":
        return _whole(size)
    if kind == "mask":
        return _mask_box(shape, size)
    if kind == "point":
        return _outward((shape["x"], shape["y"], math.floor(shape["x"]) + 1, math.floor(shape["y"]) + 1))
    return _outward(outline(shape).bounds)


def outline(shape: dict[str, Any]) -> shapely.Polygon | shapely.MultiPolygon:
    """Returns the valid area of a polygon or a rotated box. Raises BadShape."""
    if shape["type"] == "rotated_box":
        half_width, half_height = shape["width"] / 2, shape["height"] / 2
        cx, cy = shape["cx"], shape["cy"]
        upright = shapely.box(cx - half_width, cy - half_height, cx + half_width, cy + half_height)
        return rotate(upright, shape["angle"], origin=(cx, cy))
    parts = shape["coordinates"]
    if sum(len(ring) for part in parts for ring in part) > MAX_VERTICES:
        raise BadShape(f"a polygon has at most {MAX_VERTICES:,} corners")
    if any(not part or any(len(ring) < 3 for ring in part) for part in parts):
        raise BadShape("each ring of a polygon has at least three corners")
    found = [shapely.Polygon(part[0], part[1:]) for part in parts]
    joined = found[0] if len(found) == 1 else shapely.MultiPolygon(found)
    if not joined.is_valid:
        raise BadShape(f"the polygon is not valid: {shapely.is_valid_reason(joined)}")
    if not joined.area:
        raise BadShape("the polygon has no area")
    return joined


def _mask_box(shape: dict[str, Any], size: Size) -> Box:
    height, width = shape["size"]
    if None not in size and (width, height) != size:
        raise BadShape(f"the mask is {width} x {height} pixels, its image {size[0]} x {size[1]}")
    try:
        runs = rle.runs_of(shape["counts"])
    except (ValueError, OverflowError) as error:
        raise BadShape(f"the mask is broken: {error}") from error
    if height < 1 or width < 1 or int(runs.sum()) != height * width:
        raise BadShape("the runs of the mask do not cover its size")
    found = rle.box(runs, height)
    if found is None:
        raise BadShape("the mask is empty")
    return found


def _whole(size: Size) -> Box:
    width, height = size
    if width is None or height is None:
        raise BadShape("the size of the image is not known, so a class of the whole image has no box")
    return 0, 0, width, height


def _outward(bounds: tuple[float, float, float, float]) -> Box:
    xmin, ymin, xmax, ymax = bounds
    return math.floor(xmin), math.floor(ymin), math.ceil(xmax), math.ceil(ymax)


def clipped(shape: dict[str, Any], size: tuple[int, int]) -> dict[str, Any] | None:
    """Returns the part of a polygon or rotated box that lies in the image, as a polygon; None when nothing is left.
    Other shapes are returned as they are."""
    if shape["type"] not in ("polygon", "rotated_box"):
        return shape
    inside = outline(shape).intersection(shapely.box(0, 0, *size))
    return polygon_shape(inside)


def polygon_shape(area: Any) -> dict[str, Any] | None:
    """Returns the polygons of a geometry as a shape, None where it has none."""
    parts = [part for part in shapely.get_parts(area).tolist() if part.geom_type == "Polygon" and part.area]
    rings = [[list(map(list, ring.coords)) for ring in (part.exterior, *part.interiors)] for part in parts]
    return {"type": "polygon", "coordinates": rings} if rings else None

"""COCO, as a file or several in a ZIP. Read as a stream; only the names of its images are in memory."""

import math
from collections.abc import Iterator
from typing import Any

import ijson
import shapely
from ijson.common import JSONError

from catalog.labelstore.imports.formats.found import BadImport, FoundImage, FoundObject, clean_name, side_of_path
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.spool import Spool
from catalog.labelstore.objects import rle
from catalog.labelstore.objects.shapes import BadShape, outline

CROWD = "It is a crowd region, which is no object."
NO_IMAGE = "The file has no image with its image_id."
NO_CATEGORY = "The file has no category with its category_id."
NO_BOX = "It has neither a box nor a segmentation."
NO_NAME = "An image has no file_name."
SAME_AREA = 0.01
"""Share by which the shape that another member names may differ from the segmentation."""


def read(source: Source, spool: Spool, **_: Any) -> None:
    names = [name for name in source.names if name.lower().endswith(".json") and name != "export.json"]
    if not names:
        raise BadImport("There is no JSON file in the archive.")
    for name in names:
        _read_file(source, name, spool)


def _read_file(source: Source, name: str, spool: Spool) -> None:
    images = _images(source, name, spool)
    categories = {one.get("id"): one.get("name") for one in _items(source, name, "categories")}
    if not images and not categories:
        raise BadImport(f"{name} is no COCO file: it has no images and no categories.")
    for number, one in enumerate(_items(source, name, "annotations")):
        where = f"{name}: annotation {one.get('id', number)}"
        try:
            spool.add_object(*_object(one, images, categories, where))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            spool.left_out.add(str(error) if isinstance(error, ValueError) else NO_BOX, where)


def _items(source: Source, name: str, member: str) -> Iterator[dict[str, Any]]:
    with source.open(name) as file:
        try:
            for one in ijson.items(file, f"{member}.item", use_float=True):
                if isinstance(one, dict):
                    yield one
        except (JSONError, UnicodeDecodeError) as error:
            raise BadImport(f"{name} is no valid JSON: {error}") from error


def _images(source: Source, name: str, spool: Spool) -> dict[Any, str]:
    found: dict[Any, str] = {}
    for one in _items(source, name, "images"):
        try:
            key = clean_name(str(one["file_name"]))
        except (KeyError, ValueError) as error:
            spool.images_left_out.add(str(error) if isinstance(error, ValueError) else NO_NAME, f"{one.get('id')}")
            continue
        found[one.get("id")] = key
        width, height = (one.get(side) if isinstance(one.get(side), int) else None for side in ("width", "height"))
        split = side_of_path(str(one.get("split") or "")) or side_of_path(name)
        digest = one["sha256"] if isinstance(one.get("sha256"), str) else None
        spool.add_image(FoundImage(key, width, height, split, digest))
    return found


def _object(
    one: dict[str, Any], images: dict[Any, str], categories: dict[Any, Any], where: str
) -> tuple[str, FoundObject]:
    if one.get("image_id") not in images:
        raise ValueError(NO_IMAGE)
    label = categories.get(one.get("category_id"))
    if not isinstance(label, str):
        raise ValueError(NO_CATEGORY)
    if one.get("iscrowd"):
        raise ValueError(CROWD)
    given = one.get("attributes")
    said = given if isinstance(given, dict) else {}
    box = _box(one.get("bbox"))
    shape = _shape(one.get("segmentation"), box, said.get("geometry"))
    if box is None and shape is None:
        raise ValueError(NO_BOX)
    original = said.get("label_original")
    return images[one["image_id"]], FoundObject(
        where, label, box, shape, "pixels", one.get("score"), original if isinstance(original, str) else None
    )  # fmt: skip


def _box(given: Any) -> tuple[float, float, float, float] | None:
    if not given:
        return None
    x, y, width, height = (float(number) for number in given)
    return x, y, x + width, y + height


def _shape(segmentation: Any, box: Any, said: Any) -> dict[str, Any] | None:
    """Returns the shape; None for one that is no more than its box. One that we wrote beside the segmentation, because
    a segmentation cannot say it, counts while both still mean the same."""
    found = _segmented(segmentation)
    if isinstance(said, dict) and (found is None or _is_same(said, found)):
        return said
    return None if found is None or _is_box(found, box) else found


def _segmented(segmentation: Any) -> dict[str, Any] | None:
    if isinstance(segmentation, dict):
        return {"type": "mask", "size": segmentation["size"], "counts": segmentation["counts"]}
    rings = [ring for ring in segmentation or [] if len(ring) >= 6]
    parts = [[[[float(x), float(y)] for x, y in zip(ring[::2], ring[1::2], strict=True)]] for ring in rings]
    return {"type": "polygon", "coordinates": _united(parts)} if parts else None


def _united(parts: list[Any]) -> list[Any]:
    """Rings of one object that overlap are a union, which a shape says as one part."""
    areas = [shapely.Polygon(part[0]) for part in parts]
    if len(parts) == 1 or not all(area.is_valid for area in areas) or shapely.MultiPolygon(areas).is_valid:
        return parts
    return [
        [[list(point) for point in ring.coords] for ring in (area.exterior, *area.interiors)]
        for area in shapely.get_parts(shapely.union_all(areas)).tolist()
        if area.geom_type == "Polygon"
    ]


def _is_box(shape: dict[str, Any], box: Any) -> bool:
    if shape["type"] != "polygon" or box is None:
        return False
    parts = shape["coordinates"]
    corners = {(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])}
    return len(parts) == 1 and len(parts[0][0]) in (4, 5) and {tuple(point) for point in parts[0][0]} == corners


def _is_same(said: dict[str, Any], found: dict[str, Any]) -> bool:
    kind = said.get("type")
    if kind == "image":
        return True
    try:
        ours = outline(said).area if kind in ("polygon", "rotated_box") else -1
        theirs = rle.area(rle.runs_of(found["counts"])) if found["type"] == "mask" else outline(found).area
    except (BadShape, KeyError, TypeError, ValueError, IndexError):
        return False
    return math.isclose(ours, theirs, rel_tol=SAME_AREA, abs_tol=4)

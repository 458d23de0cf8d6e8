"""COCO: boxes and outlines in pixels of their pictures, which are chips here."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import shapely
from shapely import Polygon

from geoml.chips import Chip

Json = Mapping[str, Any]


def is_coco(content: Json) -> bool:
    return {"images", "annotations"} <= content.keys()


def read_outlines(content: Json, chips: Sequence[Chip]) -> Iterator[tuple[Chip, list[Polygon]]]:
    """Yields the chips that a file names, with the outlines on them in units of their CRS; a box where an annotation
    has no outline. Pictures that are no chips are passed over.

    Raises ValueError for an annotation of an unknown picture, and for a box without an area.
    """
    images, outlines = {image["id"]: image for image in content["images"]}, defaultdict[Any, list[Polygon]](list)
    for annotation in content["annotations"]:
        if annotation["image_id"] not in images:
            raise ValueError(f"annotation {annotation.get('id')}: there is no image {annotation['image_id']}")
        outlines[annotation["image_id"]] += _outlines(annotation)
    known = {chip.name: chip for chip in chips}
    for number, image in images.items():
        if chip := known.get(PurePosixPath(image["file_name"]).name):
            yield chip, _placed(outlines[number], image, chip)


def read_sides(content: Json) -> dict[str, str]:
    """Returns the side of the split of each picture that has one, by its name."""
    return {PurePosixPath(one["file_name"]).name: one["split"] for one in content["images"] if one.get("split")}


def _outlines(annotation: Json) -> list[Polygon]:
    left, top, width, height = annotation["bbox"]
    if min(width, height) <= 0:
        raise ValueError(f"annotation {annotation.get('id')}: the box has no area")
    rings = annotation.get("segmentation")
    drawn = [Polygon(np.reshape(ring, (-1, 2))) for ring in rings] if isinstance(rings, list) else []
    return drawn or [shapely.box(left, top, left + width, top + height)]


def _placed(outlines: list[Polygon], image: Json, chip: Chip) -> list[Polygon]:
    west, south, east, north = chip.bounds
    size = np.array([(east - west) / image["width"], (south - north) / image["height"]])
    return [shapely.transform(outline, lambda pixels: pixels * size + [west, north]) for outline in outlines]

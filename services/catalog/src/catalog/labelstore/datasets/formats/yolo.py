"""YOLO, as Ultralytics takes it unchanged: a folder of pictures and one of label files for each side of the split, an
empty label file for a picture without objects, and `data.yaml`."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import shapely

from catalog.labelstore.datasets.formats.archive import Archive, picture_name
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject
from catalog.labelstore.objects import rle
from catalog.labelstore.objects.shapes import outline
from geoml.raster_sessions import without_sessions

HOLES = "Its holes are filled: the format has none."
PARTS = "Its parts are joined by thin bridges: the format has one outline for an object."
DIGITS = 10
"""Enough for the corners of the largest picture, to a thousandth of a pixel."""


class YoloWriter:
    """`outlines`: a line for each object is its outline, for a version with polygons or masks; else its box. `altered`
    counts objects that the format cannot hold as they are."""

    def __init__(self, archive: Archive, classes: Sequence[str], outlines: bool) -> None:
        self.archive, self.classes, self.outlines = archive, classes, outlines
        self._ids = {name: number for number, name in enumerate(classes)}
        self.sides: Counter[str] = Counter()
        self.altered: Counter[str] = Counter()

    def picture(self, image: VersionImage) -> str:
        """Returns the name of the picture in the archive."""
        return f"images/{image.split or 'train'}/{picture_name(image)}"

    def add(self, image: VersionImage) -> None:
        side = image.split or "train"
        self.sides[side] += 1
        lines = [self._line(one, image) for one in image.objects]
        stem = PurePosixPath(picture_name(image)).stem
        self.archive.text(f"labels/{side}/{stem}.txt", "".join(f"{line}\n" for line in lines))

    def _line(self, one: VersionObject, image: VersionImage) -> str:
        size = np.array([image.width, image.height])
        if self.outlines:
            numbers = (np.asarray(self._outline(one)) / size).clip(0, 1).reshape(-1)
        else:
            centre = np.array([one.xmin + one.xmax, one.ymin + one.ymax]) / 2
            extent = np.array([one.xmax - one.xmin, one.ymax - one.ymin])
            numbers = np.concatenate([centre / size, extent / size])
        return " ".join([str(self._ids[one.label]), *map(_short, numbers)])

    def _outline(self, one: VersionObject) -> list[tuple[float, float]]:
        parts = shapely.get_parts(area_of(one)).tolist()
        if any(part.interiors for part in parts):
            self.altered[HOLES] += 1
        if len(parts) > 1:
            self.altered[PARTS] += 1
        return joined([list(part.exterior.coords)[:-1] for part in parts])

    def close(self) -> None:
        """Writes `data.yaml`. Without a split all pictures are in `train`, which then serves as `val` too. It has no
        `path`: Ultralytics takes a relative one from the folder where it is called, and none from that of the file."""
        val = "val" if self.sides["val"] else "train"
        lines = ["train: images/train", f"val: images/{val}"]
        lines += ["test: images/test"] if self.sides["test"] else []
        lines += [f"nc: {len(self.classes)}", "names:"]
        lines += [f"  {number}: {_quoted(name)}" for number, name in enumerate(self.classes)]
        self.archive.text("data.yaml", "\n".join(lines) + "\n")


def _short(number: float) -> str:
    return f"{number:.{DIGITS}f}".rstrip("0").rstrip(".")


def _quoted(name: str) -> str:
    """Returns a YAML text in double quotes, which are those of JSON."""
    return json.dumps(name)


def area_of(one: VersionObject) -> shapely.Polygon | shapely.MultiPolygon:
    """Returns the area of an object: of a mask along the edges of its pixels, of a box or point its box."""
    kind = one.shape["type"] if one.shape else None
    if one.shape and kind in ("polygon", "rotated_box"):
        return outline(one.shape)
    if one.shape and kind == "mask":
        return _traced(one.shape["size"], one.shape["counts"])
    return shapely.box(one.xmin, one.ymin, one.xmax, one.ymax)


def _traced(size: Sequence[int], counts: str | list[int]) -> shapely.Polygon | shapely.MultiPolygon:
    from rasterio.features import shapes

    without_sessions()
    pixels = rle.pixels(rle.runs_of(counts), size[0], size[1])
    found: list[Any] = [shapely.geometry.shape(area) for area, value in shapes(pixels, mask=pixels > 0) if value]
    return found[0] if len(found) == 1 else shapely.MultiPolygon(found)


def joined(rings: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    """Joins rings to one: each further ring is entered and left at the corner nearest to the ones before it."""
    whole = list(rings[0])
    for ring in rings[1:]:
        distances = np.linalg.norm(np.asarray(whole)[:, None] - np.asarray(ring)[None], axis=2)
        here, there = np.unravel_index(int(distances.argmin()), distances.shape)
        turned = [*ring[int(there) :], *ring[: int(there) + 1]]
        whole = [*whole[: int(here) + 1], *turned, *whole[int(here) :]]
    return whole

"""COCO. Object ids begin with 1: evaluators take 0 for a miss."""

from pathlib import Path
from typing import Any

import orjson

from catalog.labelstore.datasets.formats.hashed_file import HashedFile
from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject, corners


class CocoWriter:
    """Writes images at once and annotations into a second file, which `close` appends. `base` is the id of the first
    category. Boxes have a `segmentation` only for trainers (`outlines`)."""

    def __init__(
        self, path: Path, info: dict[str, Any], classes: list[str], base: int = 0, outlines: bool = False
    ) -> None:  # fmt: skip
        self.file, self.outlines = HashedFile(path), outlines
        self._later = HashedFile(path.with_suffix(".annotations"))
        self._ids = {name: number for number, name in enumerate(classes, base)}
        self._images = self._objects = 0
        head = orjson.dumps({"info": info, "licenses": []})
        self.file.write(head[:-1] + b',"images":[')

    def add(self, image: VersionImage) -> None:
        row = {"id": image.image_id, "file_name": image.file_name, "width": image.width, "height": image.height}
        if self.outlines and image.split:
            row["split"] = image.split
        if image.date_taken:
            row["date_captured"] = image.date_taken
        self.file.write((b",\n" if self._images else b"\n") + orjson.dumps(row, option=orjson.OPT_UTC_Z))
        self._images += 1
        if image.objects:
            rows = [orjson.dumps(self._annotation(one, image)) for one in image.objects]
            self._later.write((b",\n" if self._objects > len(rows) else b"\n") + b",\n".join(rows))

    def _annotation(self, one: VersionObject, image: VersionImage) -> dict[str, Any]:
        self._objects += 1
        segmentation, area = self._measured(one, image)
        row = {
            "id": self._objects, "image_id": image.image_id, "category_id": self._ids[one.label],
            "bbox": [one.xmin, one.ymin, one.xmax - one.xmin, one.ymax - one.ymin],
            "area": area, "iscrowd": 0, "segmentation": segmentation,
            "attributes": _attributes(one),
        }  # fmt: skip
        return row if one.confidence is None else row | {"score": one.confidence}

    def _measured(self, one: VersionObject, image: VersionImage) -> tuple[Any, float]:
        """Returns segmentation and area. Libraries of geometry are loaded for shapes only."""
        if one.shape is None:
            area = float((one.xmax - one.xmin) * (one.ymax - one.ymin))
            return [corners(one)] if self.outlines else [], area

        from catalog.labelstore.datasets.formats.geometry import area_of, mask_of, rings_of

        segmentation = rings_of(one) or mask_of(one, image) or []
        return segmentation, area_of(one, segmentation)

    def close(self) -> HashedFile:
        self._later.__exit__()
        categories = [{"id": number, "name": name} for name, number in self._ids.items()]
        self.file.write(b'],"categories":' + orjson.dumps(categories) + b',"annotations":[')
        self.file.append(self._later.path)
        self.file.write(b"]}")
        self.file.__exit__()
        self._later.path.unlink()
        return self.file


def _attributes(one: VersionObject) -> dict[str, Any]:
    """Names the shape itself where it is more than a segmentation says: holes, rotated boxes, points, whole images."""
    known = {"object_id": one.object_id, "label_original": one.label_original}
    return known | {"geometry": one.shape} if one.shape and one.shape["type"] != "mask" else known

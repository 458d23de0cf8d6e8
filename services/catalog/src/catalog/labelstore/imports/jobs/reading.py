"""Reads the file of an import into a spool, and places what lies on the map on images."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import orjson
import shapely
from shapely.errors import ShapelyError

from catalog.labelstore.datasets.formats.archive import INDEX
from catalog.labelstore.imports.formats import coco, geojson, voc, yolo
from catalog.labelstore.imports.formats.found import BadImport, FoundImage, FoundObject
from catalog.labelstore.imports.formats.source import Source
from catalog.labelstore.imports.spool import Spool
from catalog.labelstore.objects.map_shapes import GeoreferencedImage
from catalog.labelstore.objects.shapes import polygon_shape
from contracts.catalog.label_imports import ImportOptions

READERS: dict[str, Callable[..., None]] = {
    "coco": coco.read, "yolo": yolo.read, "voc": voc.read, "geojson": geojson.read
}  # fmt: skip
ON_NO_IMAGE = "It lies on no georeferenced image of the campaign."
CUT = "It is cut at the edge of its image."
NO_POLYGON = "It is no valid polygon."
AT_ONCE = 5000
"""Features on the map that are compared with images at a time."""
WHOLE = 0.999


def read(path: Path, name: str, options: ImportOptions, spool: Spool) -> None:
    """Raises BadImport."""
    with Source(path, name) as source:
        READERS[options.format](source, spool, first_pixel=options.first_pixel, label=options.label)
        _read_index(source, spool)
    spool.index()


def _read_index(source: Source, spool: Spool) -> None:
    """Adds what our own exports say of their pictures: images without objects, sides of the split, where they lie."""
    if INDEX not in source.names:
        return
    with source.open(INDEX) as file:
        for line in file:
            try:
                one = orjson.loads(line)
                facts = [one["name"], one["width"], one["height"], one["split"], one["sha256"], one["source_path"]]
            except (orjson.JSONDecodeError, KeyError, TypeError) as error:
                raise BadImport(f"{INDEX} is damaged.") from error
            spool.add_image(FoundImage(*facts))


def digest_of(source: Source | None, image: FoundImage, member: str | None) -> str | None:
    """Returns the SHA-256 that the file says, or that of the picture in the archive."""
    return image.sha256 or (source.sha256(member) if source and member else None)


def cut_to_images(spool: Spool, images: Sequence[GeoreferencedImage]) -> None:
    """Cuts objects on the map to the georeferenced images that they meet."""
    tree = shapely.STRtree([one.footprint for one in images])
    batch: list[tuple[FoundObject, Any]] = []
    for one in list_of_map(spool):
        area = _polygon(one.shape)
        if area is None:
            spool.left_out.add(NO_POLYGON, one.where)
            continue
        batch.append((one, area))
        if len(batch) == AT_ONCE:
            _cut_batch(batch, tree, images, spool)
            batch = []
    _cut_batch(batch, tree, images, spool)


def list_of_map(spool: Spool) -> Iterable[FoundObject]:
    return spool.objects(None)


def _polygon(shape: Any) -> Any:
    try:
        area = shapely.geometry.shape(shape)
        return area if area.is_valid and area.area else None
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _cut_batch(
    batch: Sequence[tuple[FoundObject, Any]], tree: Any, images: Sequence[GeoreferencedImage], spool: Spool
) -> None:
    for one, area in batch:
        met = [images[index] for index in sorted(tree.query(area, "intersects"))] if images else []
        if not [True for image in met if _add(one, area, image, spool)]:
            spool.left_out.add(ON_NO_IMAGE, one.where)


def _add(one: FoundObject, area: Any, image: GeoreferencedImage, spool: Spool) -> bool:
    pixels = image.to_pixels(area)
    inside = pixels.intersection(shapely.box(0, 0, image.width, image.height))
    shape = polygon_shape(inside)
    if shape is None:
        return False
    if inside.area < WHOLE * pixels.area:
        spool.altered.add(CUT, one.where)
    name = f"id:{image.image_id}"
    spool.add_image(FoundImage(name))
    spool.add_object(name, one._replace(shape=shape, units="pixels"))
    return True


def name_of(uri: str) -> str:
    return PurePosixPath(uri).name

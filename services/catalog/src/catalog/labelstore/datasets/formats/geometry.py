"""Shapes as the formats of trainers want them."""

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from catalog.labelstore.datasets.version_rows import VersionImage, VersionObject, corners
from catalog.labelstore.objects import rle
from catalog.labelstore.objects.map_shapes import GeoreferencedImage
from catalog.labelstore.objects.shapes import outline
from geoml.raster_sessions import without_sessions

MAX_MASK_PIXELS = 100_000_000
Ring = list[float]


def rings_of(one: VersionObject) -> list[Ring] | None:
    """Returns the outer rings of an object whose area they describe: x and y by turns, not closed. None for objects
    that rings do not describe: masks, points, and polygons with holes."""
    if one.shape is None or one.shape["type"] == "image":
        return [corners(one)]
    if one.shape["type"] not in ("polygon", "rotated_box"):
        return None
    parts = shapely.get_parts(outline(one.shape)).tolist()
    if any(part.interiors for part in parts):
        return None
    return [np.asarray(part.exterior.coords)[:-1].reshape(-1).tolist() for part in parts]


def mask_of(one: VersionObject, image: VersionImage) -> dict[str, Any] | None:
    """Returns a mask, or a polygon with holes, as COCO run lengths of the whole image; None for other shapes."""
    if one.shape is None:
        return None
    if one.shape["type"] == "mask":
        counts = one.shape["counts"]
        text = counts if isinstance(counts, str) else rle.compressed(counts)
        return {"size": list(one.shape["size"]), "counts": text}
    if one.shape["type"] != "polygon" or image.width * image.height > MAX_MASK_PIXELS:
        return None
    runs = rle.runs_of_pixels(_filled(one, image))
    return {"size": [image.height, image.width], "counts": rle.compressed(runs)}


def _filled(one: VersionObject, image: VersionImage) -> NDArray[np.uint8]:
    from rasterio.features import rasterize

    without_sessions()
    assert one.shape is not None
    return rasterize([outline(one.shape)], (image.height, image.width), dtype="uint8")


def area_of(one: VersionObject, segmentation: Any) -> float:
    """Returns the area of an object in pixels; of one whose segmentation is a mask, the number of pixels."""
    if isinstance(segmentation, dict):
        return float(rle.area(rle.runs_of(segmentation["counts"])))
    if one.shape is None or one.shape["type"] in ("image", "point"):
        return float((one.xmax - one.xmin) * (one.ymax - one.ymin))
    return float(outline(one.shape).area)


def on_map(one: VersionObject, image: VersionImage) -> dict[str, Any] | None:
    """Returns an object of a georeferenced image as a GeoJSON geometry in EPSG:4326, outer rings counter-clockwise;
    None for other images. Masks and points are their boxes."""
    if image.georef is None:
        return None
    grid = GeoreferencedImage(
        image.image_id, image.width, image.height, image.georef["crs"], image.georef["transform"]
    )  # fmt: skip
    is_area = one.shape is not None and one.shape["type"] in ("polygon", "rotated_box")
    area = outline(one.shape) if is_area and one.shape else shapely.box(one.xmin, one.ymin, one.xmax, one.ymax)
    return shapely.geometry.mapping(_counter_clockwise(grid.to_map(area)))


def _counter_clockwise(area: Any) -> Any:
    parts = [shapely.geometry.polygon.orient(part) for part in shapely.get_parts(area).tolist()]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def footprint(image: VersionImage) -> Any:
    """Returns the image on the map: its outline, or the point where it was taken; None where neither is known."""
    if image.georef is not None:
        grid = GeoreferencedImage(
            image.image_id, image.width, image.height, image.georef["crs"], image.georef["transform"]
        )  # fmt: skip
        return grid.footprint
    if image.lat is None or image.lon is None:
        return None
    return shapely.Point(image.lon, image.lat)

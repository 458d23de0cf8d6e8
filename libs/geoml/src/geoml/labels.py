"""Building polygons rasterized to training masks of three classes."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from rasterio.features import rasterize
from scipy import ndimage
from shapely import STRtree
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geoml import coco
from geoml.chips import Chip
from geoml.georef import WGS84
from geoml.grid import ChipLayout, Grid, PixelBox

BACKGROUND, INTERIOR, BORDER = 0, 1, 2
BORDER_METRES = 0.6
DEPTH_MARGIN = 64
"""Pixels around a window within which a building that its edge cuts is seen whole."""


def read_polygons(source: str | Path, chips: Sequence[Chip] = ()) -> list[BaseGeometry]:
    """Returns the valid polygons (EPSG:4326) of a GeoJSON or COCO file, or of all such files in a folder. What COCO
    says lies on `chips`.

    Raises ValueError for a geometry that is not a Polygon or MultiPolygon and as `geoml.coco`, FileNotFoundError
    without a file.
    """
    return [polygon for file in _files(source) for polygon in _read_file(file, chips)]


def read_splits(source: str | Path) -> dict[str, str]:
    """Returns the side (`train`, `val`, `test`) of each chip by its name, as the labels store it; empty where they
    store none."""
    collections = [json.loads(file.read_text()) for file in _files(source)]
    sides = [coco.read_sides(one) if coco.is_coco(one) else one.get("splits", {}) for one in collections]
    return {name: side for one in sides for name, side in one.items()}


def _files(source: str | Path) -> list[Path]:
    root = Path(source)
    files = sorted([*root.glob("*.geojson"), *root.glob("*.json")]) if root.is_dir() else [root]
    if not files or not all(f.is_file() for f in files):
        raise FileNotFoundError(f"no labels in {root.name!r}")
    return files


def _read_file(file: Path, chips: Sequence[Chip]) -> list[BaseGeometry]:
    content = json.loads(file.read_text())
    found = _of_coco(content, chips) if coco.is_coco(content) else _of_geojson(content)
    if any(g.geom_type not in ("Polygon", "MultiPolygon") for g in found):
        raise ValueError(f"{file.name}: labels must be Polygon or MultiPolygon")
    parts = shapely.get_parts(shapely.make_valid(np.asarray(found, object)))
    return [p for p in shapely.get_parts(parts) if p.geom_type == "Polygon"]


def _of_coco(content: Any, chips: Sequence[Chip]) -> list[BaseGeometry]:
    read = coco.read_outlines(content, chips)
    return [one for chip, outlines in read for one in reproject(outlines, chip.crs, WGS84)]


def _of_geojson(content: Any) -> Sequence[BaseGeometry]:
    features = content.get("features", [])
    return list(shapely.from_geojson([json.dumps(f["geometry"]) for f in features])) if features else []


def reproject(geometries: Sequence[BaseGeometry] | NDArray[np.object_], source: CRS, target: CRS) -> list[BaseGeometry]:
    """Transforms coordinates (x before y) from the CRS `source` to the CRS `target`."""
    convert = Transformer.from_crs(source, target, always_xy=True)
    transformation: Callable[..., Any] = convert.transform
    return list(shapely.transform(np.asarray(geometries, object), transformation, interleaved=False))


def to_pixels(polygons: Sequence[BaseGeometry], grid: Grid) -> list[BaseGeometry]:
    """Transforms polygons in EPSG:4326 to pixel coordinates (column, row) of a grid."""
    projected = reproject(polygons, WGS84, grid.crs)
    a, _, c, _, e, f = (~grid.transform)[:6]
    return list(shapely.transform(np.asarray(projected, object), lambda p: p * [a, e] + [c, f]))


class LabelRasterizer:
    """Rasterizes building polygons (EPSG:4326) to a mask of any window of a layout.

    Every building pixel is INTERIOR or BORDER, so `mask > 0` is the building mask. BORDER runs along the inner edge of
    each building, BORDER_METRES wide (narrower on small ones). It is drawn per building: where two buildings touch,
    two borders separate their interiors, so that interiors never join.
    """

    def __init__(self, layout: ChipLayout, polygons: Sequence[BaseGeometry]) -> None:
        self.polygons = to_pixels(polygons, layout.grid)
        self.metres_per_pixel = layout.grid.metres_per_pixel(layout.chips[0].box)
        self._tree = STRtree(self.polygons)

    def inside(self, window: PixelBox) -> list[BaseGeometry]:
        """Returns the polygons that intersect the window, in pixels of the grid."""
        return [self.polygons[i] for i in self._tree.query(shapely.box(*window), "intersects")]

    def mask(self, window: PixelBox) -> NDArray[np.uint8]:
        """Returns the classes [height, width] of the window."""
        left, top, right, bottom = window
        buildings = [translate(g, -left, -top) for g in self.inside(window)]
        cores = [core for g in buildings if not (core := g.buffer(-self._border(g), join_style="mitre")).is_empty]
        edges = [g.boundary for g in buildings]
        shapes = [(g, BORDER) for g in buildings] + [(g, INTERIOR) for g in cores]
        mask = _burn(shapes, (bottom - top, right - left))
        seams = _burn([(g, 1) for g in edges], mask.shape, all_touched=False)
        return np.where((mask == INTERIOR) & (seams == 1), BORDER, mask).astype(np.uint8)

    def depth(self, window: PixelBox) -> NDArray[np.float32]:
        """Returns how deep each pixel [height, width] lies in its building: 0 outside and at the edge, 1 at the middle.

        That is the distance to the edge of the building, divided by the largest such distance inside it.
        """
        left, top, right, bottom = window
        numbers = self.instances((left - DEPTH_MARGIN, top - DEPTH_MARGIN, right + DEPTH_MARGIN, bottom + DEPTH_MARGIN))
        distance = cast("NDArray[np.float64]", ndimage.distance_transform_edt(~_edges(numbers))) * (numbers > 0)
        deepest = ndimage.maximum(distance, numbers, np.arange(numbers.max() + 1))
        depth = distance / np.maximum(deepest, 1)[numbers]
        inner = slice(DEPTH_MARGIN, -DEPTH_MARGIN)
        return depth[inner, inner].astype(np.float32)

    def instances(self, window: PixelBox) -> NDArray[np.int32]:
        """Returns the number of the building of each pixel [height, width]; 0 is ground."""
        left, top, right, bottom = window
        buildings = [(translate(g, -left, -top), number) for number, g in enumerate(self.inside(window), 1)]
        size = bottom - top, right - left
        return rasterize(buildings, size, dtype="int32") if buildings else np.zeros(size, np.int32)

    def _border(self, polygon: BaseGeometry) -> float:
        """The border's width in pixels: 15 % of the side of small buildings, so that each keeps an interior."""
        return min(BORDER_METRES / self.metres_per_pixel, 0.15 * polygon.area**0.5)


def _edges(numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
    """The pixels of a building that touch another building or the ground."""
    return (ndimage.maximum_filter(numbers, 3) != numbers) | (ndimage.minimum_filter(numbers, 3) != numbers)


def _burn(shapes: list, size: tuple[int, int], all_touched: bool = False) -> NDArray[np.uint8]:
    if not shapes:
        return np.zeros(size, np.uint8)
    return rasterize(shapes, out_shape=size, fill=0, dtype="uint8", all_touched=all_touched)

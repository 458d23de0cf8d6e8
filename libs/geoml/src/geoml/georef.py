"""The georeference of a chip: from the file itself, else from the tile name `OAM-<x>-<y>-<z>`."""

import math
import re
from functools import lru_cache
from pathlib import Path

import morecantile
from pyproj import CRS, Proj, Transformer
from rasterio.io import DatasetReader

WEB_MERCATOR = CRS.from_epsg(3857)
WGS84 = CRS.from_epsg(4326)
_TILE_NAME = re.compile(r"^OAM-(\d+)-(\d+)-(\d+)$")
_TILES = morecantile.tms.get("WebMercatorQuad")

Bounds = tuple[float, float, float, float]
"""West, south, east, north in units of a CRS."""


def tile_of_name(name: str) -> morecantile.Tile:
    """Returns the XYZ tile of `OAM-<x>-<y>-<z>.<suffix>`. Raises ValueError for any other name."""
    match = _TILE_NAME.match(Path(name).stem)
    if not match:
        raise ValueError(f"{name}: no georeference in the file, and the name is not OAM-<x>-<y>-<z>")
    x, y, zoom = map(int, match.groups())
    if zoom > 30 or max(x, y) >= 2**zoom:
        raise ValueError(f"{name}: no such tile")
    return morecantile.Tile(x, y, zoom)


def georeference(dataset: DatasetReader, path: Path) -> tuple[CRS, Bounds]:
    """Returns a projected CRS and the bounds of an open raster in it; EPSG:3857 for a file in a geographic CRS.

    A chip is some tens of metres wide, so the error of transforming its four sides as straight lines is far below a
    pixel. Raises ValueError for rotated and flipped rasters, and as `tile_of_name` does.
    """
    if dataset.crs is None or dataset.transform.is_identity:
        bounds = _TILES.xy_bounds(tile_of_name(path.name))
        return WEB_MERCATOR, (bounds.left, bounds.bottom, bounds.right, bounds.top)
    if not dataset.transform.is_rectilinear or dataset.transform.e > 0:
        raise ValueError(f"{path.name}: rotated or flipped rasters are not supported")
    crs = _crs(dataset.crs.to_wkt())
    if not crs.is_geographic:
        return crs, tuple(dataset.bounds)
    return WEB_MERCATOR, to_mercator(crs).transform_bounds(*dataset.bounds)


@lru_cache(maxsize=64)
def _crs(wkt: str) -> CRS:
    """Cached, as a CRS takes 100 kB and thousands of chips share one."""
    return CRS.from_wkt(wkt)


def to_mercator(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True)


def metres_per_unit(crs: CRS, x: float, y: float) -> float:
    """Returns the ground metres per unit of a projected CRS at (x, y).

    It is the unit's length in metres divided by the square root of the projection's areal scale (PROJ, "Scale
    factors"); EPSG:3857, for one, stretches lengths by 1/cos(latitude).
    """
    to_degrees, projection = _projection(crs.to_string())
    factors = projection.get_factors(*to_degrees.transform(x, y))
    return crs.axis_info[0].unit_conversion_factor / math.sqrt(factors.areal_scale)


@lru_cache(maxsize=16)
def _projection(crs: str) -> tuple[Transformer, Proj]:
    """Cached, as creating a projection takes a thousand times as long as using it."""
    return Transformer.from_crs(crs, WGS84, always_xy=True), Proj(crs)

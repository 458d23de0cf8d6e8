"""Where a chip lies: from the file's own georeference, else from the tile name `OAM-<x>-<y>-<z>`."""

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


def tile_of_name(name: str) -> morecantile.Tile:
    """The XYZ tile of `OAM-<x>-<y>-<z>.<suffix>`; ValueError for any other name."""
    match = _TILE_NAME.match(Path(name).stem)
    if not match:
        raise ValueError(f"{name}: no georeference in the file, and the name is not OAM-<x>-<y>-<z>")
    x, y, zoom = map(int, match.groups())
    if zoom > 30 or max(x, y) >= 2**zoom:
        raise ValueError(f"{name}: no such tile")
    return morecantile.Tile(x, y, zoom)


def georeference(dataset: DatasetReader, path: Path) -> tuple[CRS, Bounds]:
    """CRS and bounds of an open raster, in a projected CRS: geographic files are given in EPSG:3857.

    A chip is some tens of metres wide, so the straight-line error of taking its four sides over to
    Mercator is far below a pixel. Rotated rasters are refused.
    """
    if dataset.crs is None or dataset.transform.is_identity:
        return WEB_MERCATOR, tuple(_TILES.xy_bounds(tile_of_name(path.name)))
    if not dataset.transform.is_rectilinear or dataset.transform.e > 0:
        raise ValueError(f"{path.name}: rotated or flipped rasters are not supported")
    crs = _crs(dataset.crs.to_wkt())
    if not crs.is_geographic:
        return crs, tuple(dataset.bounds)
    return WEB_MERCATOR, to_mercator(crs).transform_bounds(*dataset.bounds)


@lru_cache(maxsize=64)
def _crs(wkt: str) -> CRS:
    """One object for the thousands of chips that share it: each takes some time and 100 kB."""
    return CRS.from_wkt(wkt)


def to_mercator(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True)


def metres_per_unit(crs: CRS, x: float, y: float) -> float:
    """Ground metres per CRS unit at a place, so that areas and tolerances are true metres.

    EPSG:3857 stretches by 1/cos(latitude); the areal scale of the projection says by how much.
    """
    to_degrees, projection = _projection(crs.to_string())
    factors = projection.get_factors(*to_degrees.transform(x, y))
    return crs.axis_info[0].unit_conversion_factor / math.sqrt(factors.areal_scale)


@lru_cache(maxsize=16)
def _projection(crs: str) -> tuple[Transformer, Proj]:
    """Setting up a projection takes a thousand times as long as using it."""
    return Transformer.from_crs(crs, WGS84, always_xy=True), Proj(crs)

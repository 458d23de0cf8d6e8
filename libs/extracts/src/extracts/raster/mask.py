"""Which pixels lie outside of the outline, and what stands there."""

from dataclasses import dataclass

import numpy as np
import rasterio
import shapely
from rasterio.enums import ColorInterp
from rasterio.features import rasterize
from rasterio.io import DatasetReader
from rasterio.warp import transform

from extracts.outline import Box, Outline
from extracts.raster.grid import Window

WGS84 = rasterio.CRS.from_epsg(4326)
DENSIFIED = 21
"""Points on each edge of a box that is taken over to another coordinate system."""
SEGMENT = 0.25
"""Degrees: edges of an outline are straight in longitude and latitude, and bent elsewhere."""


@dataclass(frozen=True)
class Empty:
    """What a cell without data holds. `nodata` is the result's; `masked`: only a mask can say it."""

    value: float
    nodata: float | None
    masked: bool

    @classmethod
    def of(cls, dataset: DatasetReader, needed: bool) -> "Empty":
        """The source's way, else NaN for real numbers, else an alpha band or a mask. `needed`: some cells are empty."""
        if dataset.nodata is not None or not needed:
            return cls(dataset.nodata or 0, dataset.nodata, False)
        if all(np.dtype(kind).kind == "f" for kind in dataset.dtypes):
            return cls(np.nan, np.nan, False)
        return cls(0, None, ColorInterp.alpha not in dataset.colorinterp)


def box_in(dataset: DatasetReader, box: Box) -> Box:
    """The bounds of a box of degrees in the raster's coordinate system, its edges bent as that bends them."""
    if _is_lonlat(dataset):
        return box
    west, south, east, north = box
    share = np.linspace(0, 1, DENSIFIED)
    columns, rows = west + share * (east - west), south + share * (north - south)
    xs = np.concatenate([columns, columns, np.full_like(rows, west), np.full_like(rows, east)])
    ys = np.concatenate([np.full_like(columns, south), np.full_like(columns, north), rows, rows])
    found = np.array(transform("EPSG:4326", dataset.crs, xs, ys)[:2])
    found = found[:, np.isfinite(found).all(axis=0)]
    if not found.size:
        return (np.inf, np.inf, -np.inf, -np.inf)
    return (*found.min(axis=1).tolist(), *found.max(axis=1).tolist())  # type: ignore[return-value]


def outline_in(dataset: DatasetReader, outline: Outline) -> shapely.Geometry:
    """The outline in the raster's coordinate system."""
    if _is_lonlat(dataset):
        return outline.surface

    def moved(positions: np.ndarray) -> np.ndarray:
        return np.column_stack(transform("EPSG:4326", dataset.crs, positions[:, 0], positions[:, 1])[:2])

    return shapely.transform(shapely.segmentize(outline.surface, SEGMENT), moved)


def outside(shape: shapely.Geometry, window: Window, transform: rasterio.Affine) -> np.ndarray:
    """True for pixels of a window that `shape` does not touch; `transform` is the window's."""
    west, north = transform @ (0, 0)
    east, south = transform @ (window.width, window.height)
    near = shapely.clip_by_rect(shape, west, south, east, north)
    if near.is_empty:
        return np.ones((window.height, window.width), dtype=bool)
    size = (window.height, window.width)
    burnt = rasterize([near], out_shape=size, transform=transform, fill=1, default_value=0, all_touched=True)
    return np.equal(burnt, 1)


def _is_lonlat(dataset: DatasetReader) -> bool:
    return dataset.crs == WGS84

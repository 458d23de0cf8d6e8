"""A large raster and an outline, generated; only tiles around the window have data, the rest of the raster is empty."""

from pathlib import Path

import numpy as np
import shapely

SIDE = 60_000
PIXEL = 0.0015
"""Degrees; the raster covers 90 x 90."""
WEST, NORTH = -45.0, 45.0
WINDOW = (13_154, 11_903)
CORNER = (22_000, 21_000)
TILE = 512
VERTICES = 38_000


def box() -> tuple[float, float, float, float]:
    """West, south, east, north of the window, a little within its pixels."""
    west, north = WEST + CORNER[0] * PIXEL, NORTH - CORNER[1] * PIXEL
    nudge = PIXEL / 10
    return west + nudge, north - WINDOW[1] * PIXEL + nudge, west + WINDOW[0] * PIXEL - nudge, north - nudge


def outline(vertices: int = VERTICES) -> shapely.Polygon:
    """A wavy coast that touches all four sides of the box."""
    west, south, east, north = box()
    angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
    reach = 0.9 + 0.06 * np.sin(23 * angle) + 0.04 * np.sin(977 * angle)
    unit = np.column_stack([reach * np.cos(angle), reach * np.sin(angle)])
    low, high = unit.min(axis=0), unit.max(axis=0)
    ring = (unit - low) / (high - low) * (east - west, north - south) + (west, south)
    return shapely.Polygon(ring)


def stripe() -> shapely.Polygon:
    """All of the width, a thousand rows high."""
    north = NORTH - (CORNER[1] + 100) * PIXEL
    return shapely.box(WEST, north - 1000 * PIXEL, WEST + SIDE * PIXEL, north)


def raster(path: Path, dtype: str) -> Path:
    """Tiles of 512, deflate: rough land that compresses to about a quarter."""
    import rasterio

    random = np.random.default_rng(7)
    profile = {
        "driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": dtype, "crs": "EPSG:4326", "nodata": 0,
        "transform": rasterio.Affine(PIXEL, 0, WEST, 0, -PIXEL, NORTH), "tiled": True, "blockxsize": TILE,
        "blockysize": TILE, "compress": "deflate", "zlevel": 1, "sparse_ok": True, "bigtiff": "YES",
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        for row in range(CORNER[1] // TILE * TILE, CORNER[1] + WINDOW[1], TILE):
            first = CORNER[0] // TILE * TILE
            width = -(-(CORNER[0] + WINDOW[0] - first) // TILE) * TILE
            target.write(_synthetic_tiles(random, dtype, width), 1, window=((row, row + TILE), (first, first + width)))
    return path


def _synthetic_tiles(random: np.random.Generator, dtype: str, width: int) -> np.ndarray:
    patches = random.integers(1, 40, (TILE // 16, width // 16)).repeat(16, axis=0).repeat(16, axis=1)
    return (patches + random.integers(0, 2, patches.shape)).astype(dtype)

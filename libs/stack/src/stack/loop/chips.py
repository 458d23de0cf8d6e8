"""The chips of the loop: which are labelled first, which are corrected, and which validate both models."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import morecantile
import numpy as np
from PIL import Image
from shapely import STRtree, box
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from stack.demo.demo_area import DemoArea
from stack.sandbox.osm_source import OsmSource

_GRID = morecantile.tms.get("WebMercatorQuad")
ENOUGH = 5
"""Buildings of a chip with which labelling begins."""


@dataclass(frozen=True)
class Chip:
    """`tiles`: the set of imagery that has it. `bounds` in EPSG:3857, `buildings` what is there in EPSG:4326."""

    tile: morecantile.Tile
    tiles: str
    buildings: Sequence[BaseGeometry]

    @property
    def name(self) -> str:
        return f"{self.tile.x}-{self.tile.y}-{self.tile.z}.tif"

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        found = _GRID.xy_bounds(self.tile)
        return found.left, found.bottom, found.right, found.top


@dataclass(frozen=True)
class Chips:
    few: list[Chip]
    to_correct: list[Chip]
    validation: list[Chip]

    @property
    def all(self) -> list[Chip]:
        return [*self.few, *self.to_correct, *self.validation]


def chips_of(area: DemoArea, data: Path | None, few: int, corrected: int) -> Chips:
    """Validates on the area to predict where its buildings are known, else on the easternmost column."""
    features = OsmSource.of(data).features
    truth = STRtree([shape(one["geometry"]) for one in features])
    train = [_chip(tile, "train", truth) for tile in area.train]
    apart = [_chip(tile, "predict", truth) for tile in area.predict]
    if not any(one.buildings for one in apart):
        apart = [one for one in train if one.tile.x == area.held_back]
        train = [one for one in train if one.tile.x != area.held_back]
    first = [one for one in train if len(one.buildings) >= ENOUGH][:few]
    rest = [one for one in train if one not in first]
    return Chips(first, rest[:corrected], apart)


def _chip(tile: morecantile.Tile, tiles: str, truth: STRtree) -> Chip:
    found = truth.query(box(*_GRID.bounds(tile)), predicate="intersects")
    return Chip(tile, tiles, truth.geometries[sorted(found)].tolist())


def write_chip(chip: Chip, tiles_url: str, folder: Path) -> Path:
    """Writes the tile as a GeoTIFF, and returns its path."""
    import rasterio
    from rasterio.transform import from_bounds

    tile = chip.tile
    url = f"{tiles_url}/{chip.tiles}/{tile.z}/{tile.x}/{tile.y}.jpg"
    picture = Image.open(io.BytesIO(httpx.get(url, timeout=120).raise_for_status().content)).convert("RGB")
    bands = np.asarray(picture).transpose(2, 0, 1)
    profile: dict[str, Any] = {
        "driver": "GTiff", "count": 3, "dtype": "uint8", "height": picture.height, "width": picture.width,
        "crs": "EPSG:3857", "transform": from_bounds(*chip.bounds, picture.width, picture.height),
        "photometric": "rgb", "compress": "deflate",
    }  # fmt: skip
    path = folder / chip.name
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
    return path

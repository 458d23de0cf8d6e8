"""The area of the demo: the training tiles, the validation column, the tiles to predict."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import morecantile

from stack.sandbox import village

Box = tuple[float, float, float, float]
NAME = re.compile(r"OAM-(\d+)-(\d+)-(\d+)\.tif")
_GRID = morecantile.tms.get("WebMercatorQuad")
INSET = 1e-6
"""Degrees, about 0.1 m: areas end just inside their tiles, so that they do not touch adjacent tiles."""


@dataclass(frozen=True)
class DemoArea:
    name: str
    zoom: int
    train: list[morecantile.Tile]
    predict: list[morecantile.Tile]

    @property
    def held_back(self) -> int:
        """The easternmost column of tiles, which validates the model."""
        return max(tile.x for tile in self.train)

    def train_areas(self) -> list[dict[str, Any]]:
        """The training area and the validation column, as GeoJSON Polygons in EPSG:4326."""
        learn = [tile for tile in self.train if tile.x != self.held_back]
        return [polygon(inset(box(learn))), polygon(inset(box([t for t in self.train if t.x == self.held_back])))]

    def predict_box(self) -> Box:
        """Slightly smaller than its tiles, as a prediction uses every tile that it touches."""
        west, south, east, north = box(self.predict)
        return west + INSET, south + INSET, east - INSET, north - INSET


def read_demo_area(data: Path | None) -> DemoArea:
    """Returns the area of a sample folder, by default that of the generated village."""
    if data is None:
        return DemoArea("generated village", 19, village.TRAIN.tiles(), village.PREDICT.tiles())
    train, predict = _tiles(data / "train" / "oam"), _tiles(data / "predict" / "oam")
    return DemoArea(data.name, train[0].z, train, predict)


def _tiles(folder: Path) -> list[morecantile.Tile]:
    names = (NAME.fullmatch(path.name) for path in sorted(folder.iterdir()))
    return [morecantile.Tile(int(name[1]), int(name[2]), int(name[3])) for name in names if name]


def box(tiles: list[morecantile.Tile]) -> Box:
    """Returns west, south, east, north of all tiles, in degrees."""
    west, south, east, north = zip(*(_GRID.bounds(tile) for tile in tiles), strict=True)
    return min(west), min(south), max(east), max(north)


def inset(bounds: Box) -> Box:
    return bounds[0] + INSET, bounds[1] + INSET, bounds[2] - INSET, bounds[3] - INSET


def polygon(bounds: Box) -> dict[str, Any]:
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}

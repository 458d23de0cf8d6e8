"""Where the demo maps: the tiles to learn from, the column held back, the tiles to predict."""

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
"""Degrees, about 0.1 m: areas end just inside their tiles, so that the neighbours are not touched."""


@dataclass(frozen=True)
class Place:
    name: str
    zoom: int
    train: list[morecantile.Tile]
    predict: list[morecantile.Tile]

    @property
    def held_back(self) -> int:
        """The easternmost column of tiles: in the dataset, kept out of training, used to judge it."""
        return max(tile.x for tile in self.train)

    def train_areas(self) -> list[dict[str, Any]]:
        """One area to learn from, one for the held-back column; GeoJSON Polygons in EPSG:4326."""
        learn = [tile for tile in self.train if tile.x != self.held_back]
        return [polygon(inset(box(learn))), polygon(inset(box([t for t in self.train if t.x == self.held_back])))]

    def predict_box(self) -> Box:
        """A hair larger than its tiles: a prediction takes tiles that lie wholly inside."""
        west, south, east, north = box(self.predict)
        return west - INSET, south - INSET, east + INSET, north + INSET


def place_of(data: Path | None) -> Place:
    """The sample folder, or the village."""
    if data is None:
        return Place("generated village", 19, village.TRAIN.tiles(), village.PREDICT.tiles())
    train, predict = _tiles(data / "train" / "oam"), _tiles(data / "predict" / "oam")
    return Place(data.name, train[0].z, train, predict)


def _tiles(folder: Path) -> list[morecantile.Tile]:
    names = (NAME.fullmatch(path.name) for path in sorted(folder.iterdir()))
    return [morecantile.Tile(int(name[1]), int(name[2]), int(name[3])) for name in names if name]


def box(tiles: list[morecantile.Tile]) -> Box:
    """West, south, east, north of all tiles, degrees."""
    west, south, east, north = zip(*(_GRID.bounds(tile) for tile in tiles), strict=True)
    return min(west), min(south), max(east), max(north)


def inset(bounds: Box) -> Box:
    return bounds[0] + INSET, bounds[1] + INSET, bounds[2] - INSET, bounds[3] - INSET


def polygon(bounds: Box) -> dict[str, Any]:
    west, south, east, north = bounds
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}

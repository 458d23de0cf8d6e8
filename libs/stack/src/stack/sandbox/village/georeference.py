"""The location of the village, and conversion between its metres, pixels and degrees."""

from dataclasses import dataclass

import morecantile
from shapely import transform
from shapely.geometry.base import BaseGeometry

from contracts.imagery import EQUATOR_METRES

ZOOM = 19
TILE_PIXELS = 512
_TMS = morecantile.tms.get("WebMercatorQuad")
_CORNER = _TMS.tile(34.9, -3.4, ZOOM)  # farm land south of the equator, far from any sample


@dataclass(frozen=True)
class Grid:
    """A block of tiles; columns and rows count from the north-western corner of the village."""

    column: int
    row: int
    columns: int
    rows: int

    def tiles(self) -> list[morecantile.Tile]:
        return [
            morecantile.Tile(_CORNER.x + self.column + x, _CORNER.y + self.row + y, ZOOM)
            for x in range(self.columns)
            for y in range(self.rows)
        ]

    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        boxes = [_TMS.bounds(tile) for tile in self.tiles()]
        west, south, east, north = zip(*boxes, strict=True)
        return min(west), min(south), max(east), max(north)


TRAIN = Grid(0, 0, 4, 8)
PREDICT = Grid(7, 2, 4, 4)
WHOLE = Grid(0, 0, 11, 8)

_BOUNDS = WHOLE.bounds()
METRES = EQUATOR_METRES / 2**ZOOM * 0.99824  # the side of a tile on the ground at this latitude (cos 3.4 degrees)
WIDTH, HEIGHT = WHOLE.columns * METRES, WHOLE.rows * METRES


def offset(x: int, y: int) -> tuple[float, float]:
    """Metres of the north-western corner of the zoom-19 tile."""
    return (x - _CORNER.x) * METRES, (y - _CORNER.y) * METRES


def covers(x: int, y: int) -> bool:
    return 0 <= x - _CORNER.x < WHOLE.columns and 0 <= y - _CORNER.y < WHOLE.rows


def to_degrees(shape: BaseGeometry) -> BaseGeometry:
    """From metres of the village to EPSG:4326; linear, which at this size errs by less than a millimetre."""
    west, south, east, north = _BOUNDS
    scale = ((east - west) / WIDTH, (south - north) / HEIGHT)
    return transform(shape, lambda points: points * scale + (west, north))

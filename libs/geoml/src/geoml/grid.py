"""One pixel grid for all chips of a folder that fit together, at the ground resolution of the model.

Working on a grid instead of chip by chip lets windows cross chip borders, in training as in prediction.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from affine import Affine
from pyproj import CRS
from shapely import STRtree, box

from geoml.chips import Chip
from geoml.georef import metres_per_unit

PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True)
class Grid:
    """Square pixels of `size` CRS units; pixel (0, 0) has its upper left corner at (`west`, `north`)."""

    crs: CRS
    west: float
    north: float
    size: float

    @property
    def transform(self) -> Affine:
        """(column, row) to CRS coordinates."""
        return Affine(self.size, 0, self.west, 0, -self.size, self.north)

    def pixel_box(self, chip: Chip) -> PixelBox:
        """(left, top, right, bottom) in whole pixels."""
        west, south, east, north = chip.bounds
        columns = (round((x - self.west) / self.size) for x in (west, east))
        rows = (round((self.north - y) / self.size) for y in (north, south))
        (left, right), (top, bottom) = columns, rows
        return left, top, right, bottom

    def metres(self, pixels: PixelBox) -> float:
        """Ground metres per pixel in the middle of a window."""
        left, top, right, bottom = pixels
        x, y = self.transform @ ((left + right) / 2, (top + bottom) / 2)
        return self.size * metres_per_unit(self.crs, x, y)


@dataclass(frozen=True)
class Placed:
    chip: Chip
    box: PixelBox

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]


class Layout:
    """The chips of one grid and where they lie on it."""

    def __init__(self, grid: Grid, chips: Iterable[Chip]) -> None:
        self.grid = grid
        self.placed = [Placed(chip, grid.pixel_box(chip)) for chip in chips]
        self._tree = STRtree([box(*p.box) for p in self.placed])
        sides = list(zip(*(p.box for p in self.placed), strict=True))
        self.extent: PixelBox = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])

    def within(self, window: PixelBox) -> list[Placed]:
        """Chips that share at least one pixel with the window."""
        left, top, right, bottom = window
        inner = box(left + 0.5, top + 0.5, right - 0.5, bottom - 0.5)
        return [self.placed[i] for i in sorted(self._tree.query(inner, "intersects"))]

    def view(self, block: PixelBox, margin: int) -> PixelBox:
        """The block and a margin around it, no further than there are chips."""
        left, top, right, bottom = self.extent
        x0, y0, x1, y1 = block
        return max(x0 - margin, left), max(y0 - margin, top), min(x1 + margin, right), min(y1 + margin, bottom)

    def only(self, names: Iterable[str]) -> "Layout":
        """The same grid with the named chips; ValueError when none of them is here."""
        wanted = set(names)
        chips = [p.chip for p in self.placed if p.chip.name in wanted]
        if not chips:
            raise ValueError("none of the named chips is here")
        return Layout(self.grid, chips)

    def blocks(self, side: int) -> list[PixelBox]:
        """Squares of `side` pixels that hold at least one chip, row by row, as a plain division of the grid."""
        cells = {cell for p in self.placed for cell in _cells(p.box, side)}
        return [(c * side, r * side, (c + 1) * side, (r + 1) * side) for r, c in sorted(cells)]


def layouts(chips: Iterable[Chip], ground_resolution: float) -> list[Layout]:
    """Chips grouped by CRS and resolution, each group on a grid of about `ground_resolution` metres a pixel."""
    groups: dict[tuple[str, int], list[Chip]] = {}
    for chip in chips:
        groups.setdefault((chip.crs.to_string(), round(200 * math.log(_unit(chip)))), []).append(chip)
    return [Layout(_grid(members, ground_resolution), members) for members in groups.values()]


def _grid(chips: list[Chip], ground_resolution: float) -> Grid:
    """Pixels divide the first chip evenly, so that chips of one size meet without a remainder."""
    first = chips[0]
    west, north = min(c.bounds[0] for c in chips), max(c.bounds[3] for c in chips)
    span = first.bounds[2] - first.bounds[0]
    metres = span * metres_per_unit(first.crs, first.bounds[0], first.bounds[1])
    return Grid(first.crs, west, north, span / max(1, round(metres / ground_resolution)))


def _unit(chip: Chip) -> float:
    return (chip.bounds[2] - chip.bounds[0]) / chip.width


def _cells(pixels: PixelBox, side: int) -> Iterable[tuple[int, int]]:
    left, top, right, bottom = pixels
    for row in range(top // side, (bottom - 1) // side + 1):
        for column in range(left // side, (right - 1) // side + 1):
            yield row, column

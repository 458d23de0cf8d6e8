"""Pixel grids: chips of one CRS and resolution share a grid at the ground resolution of the model.

On a grid, windows may cross chip borders, in training as in prediction.
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
"""Left, top, right, bottom in pixels of a grid; right and bottom are exclusive."""


@dataclass(frozen=True)
class Grid:
    """Square pixels of `pixel_size` units of `crs`; the upper left corner of pixel (0, 0) is (`west`, `north`)."""

    crs: CRS
    west: float
    north: float
    pixel_size: float

    @property
    def transform(self) -> Affine:
        """Maps (column, row) to coordinates of the CRS."""
        return Affine(self.pixel_size, 0, self.west, 0, -self.pixel_size, self.north)

    def pixel_box(self, chip: Chip) -> PixelBox:
        """Returns the chip's bounds in whole pixels."""
        west, south, east, north = chip.bounds
        columns = (round((x - self.west) / self.pixel_size) for x in (west, east))
        rows = (round((self.north - y) / self.pixel_size) for y in (north, south))
        (left, right), (top, bottom) = columns, rows
        return left, top, right, bottom

    def metres_per_pixel(self, window: PixelBox) -> float:
        """Returns the ground metres per pixel at the centre of a window."""
        left, top, right, bottom = window
        x, y = self.transform @ ((left + right) / 2, (top + bottom) / 2)
        return self.pixel_size * metres_per_unit(self.crs, x, y)


@dataclass(frozen=True)
class PlacedChip:
    """A chip and its bounds in pixels of a grid."""

    chip: Chip
    box: PixelBox

    @property
    def width(self) -> int:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> int:
        return self.box[3] - self.box[1]


class ChipLayout:
    """The chips of one grid with their positions, and an index of them."""

    def __init__(self, grid: Grid, chips: Iterable[Chip]) -> None:
        self.grid = grid
        self.chips = [PlacedChip(chip, grid.pixel_box(chip)) for chip in chips]
        self._tree = STRtree([box(*p.box) for p in self.chips])
        sides = list(zip(*(p.box for p in self.chips), strict=True))
        self.extent: PixelBox = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])

    def intersecting(self, window: PixelBox) -> list[PlacedChip]:
        """Returns the chips that share at least one pixel with the window."""
        left, top, right, bottom = window
        inner = box(left + 0.5, top + 0.5, right - 0.5, bottom - 0.5)
        return [self.chips[i] for i in sorted(self._tree.query(inner, "intersects"))]

    def padded(self, block: PixelBox, margin: int) -> PixelBox:
        """Returns the block with `margin` pixels around it, cut to the extent of the chips."""
        left, top, right, bottom = self.extent
        x0, y0, x1, y1 = block
        return max(x0 - margin, left), max(y0 - margin, top), min(x1 + margin, right), min(y1 + margin, bottom)

    def subset(self, names: Iterable[str]) -> "ChipLayout":
        """Returns the same grid with the named chips only. Raises ValueError when it has none of them."""
        wanted = set(names)
        chips = [p.chip for p in self.chips if p.chip.name in wanted]
        if not chips:
            raise ValueError("the layout has none of the named chips")
        return ChipLayout(self.grid, chips)

    def blocks(self, side: int) -> list[PixelBox]:
        """Returns the squares of `side` pixels that hold at least one chip, row by row."""
        cells = {cell for p in self.chips for cell in _cells(p.box, side)}
        return [(c * side, r * side, (c + 1) * side, (r + 1) * side) for r, c in sorted(cells)]


def chip_layouts(chips: Iterable[Chip], ground_resolution: float) -> list[ChipLayout]:
    """Groups chips by CRS and resolution, each group on a grid of about `ground_resolution` metres per pixel."""
    groups: dict[tuple[str, int], list[Chip]] = {}
    for chip in chips:
        groups.setdefault((chip.crs.to_string(), round(200 * math.log(_unit(chip)))), []).append(chip)
    return [ChipLayout(_grid(members, ground_resolution), members) for members in groups.values()]


def _grid(chips: list[Chip], ground_resolution: float) -> Grid:
    """Pixels divide the first chip evenly, so that chips of one size join without a remainder."""
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

"""Windows of pixels: which ones a box needs, and in which pieces they are read."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

TILE = 512
"""Pixels of a side of the tiles that are written."""
EPSILON = 1e-6
"""Pixels that count as nothing: boxes along pixel edges are rounded."""


@dataclass(frozen=True, order=True)
class Window:
    column: int
    row: int
    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def slices(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """As rasterio takes it: rows, then columns."""
        return (self.row, self.row + self.height), (self.column, self.column + self.width)

    def within(self, other: "Window") -> "Window":
        """The same pixels, counted from the corner of `other`."""
        return Window(self.column - other.column, self.row - other.row, self.width, self.height)

    def overlaps(self, other: "Window") -> bool:
        return (
            self.column < other.column + other.width and other.column < self.column + self.width
            and self.row < other.row + other.height and other.row < self.row + self.height
        )  # fmt: skip


@dataclass(frozen=True)
class Grid:
    """A raster without rotation, north up: its corner, the size of a pixel, and how many there are."""

    left: float
    top: float
    pixel_width: float
    pixel_height: float
    columns: int
    rows: int

    def window(self, west: float, south: float, east: float, north: float) -> Window | None:
        """Every pixel that the box touches by more than its edge, cut to the raster; None where there is none."""
        columns = _span((west - self.left) / self.pixel_width, (east - self.left) / self.pixel_width, self.columns)
        rows = _span((self.top - north) / self.pixel_height, (self.top - south) / self.pixel_height, self.rows)
        if not columns or not rows:
            return None
        return Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])


def _span(start: float, end: float, size: int) -> tuple[int, int] | None:
    """A box without extent still has the pixel that it lies in."""
    first = math.floor(start + EPSILON)
    first, last = max(first, 0), min(max(math.ceil(end - EPSILON), first + 1), size)
    return (first, last) if first < last else None


def around(windows: list[Window]) -> Window:
    """The smallest window that holds all of them."""
    column, row = min(one.column for one in windows), min(one.row for one in windows)
    right = max(one.column + one.width for one in windows)
    bottom = max(one.row + one.height for one in windows)
    return Window(column, row, right - column, bottom - row)


def apart(windows: list[Window]) -> list[Window]:
    """The same windows; one around all where two share a pixel, so that none is written twice."""
    pairs = ((a, b) for number, a in enumerate(windows) for b in windows[:number])
    return [around(windows)] if any(a.overlaps(b) for a, b in pairs) else sorted(windows)


def strips(window: Window, block_rows: int, most_rows: int) -> Iterator[Window]:
    """Of the whole width, from top to bottom, each up to the next edge of the source's tiles or `most_rows`."""
    row, end = window.row, window.row + window.height
    while row < end:
        until = min((row // block_rows + 1) * block_rows, row + most_rows, end)
        yield Window(window.column, row, window.width, until - row)
        row = until


def blocks(window: Window, total: Window, block_rows: int, most_columns: int) -> Iterator[Window]:
    """Columns of whole tiles of the result, whose grid begins at the corner of `total`; in each, down the rows.

    Every row of the source's tiles is read once for each of these columns. Tiles of the result that are half written
    are no more than a row of one column, so that GDAL's cache holds them until they are complete.
    """
    inner = window.within(total)
    wide = max(most_columns // TILE, 1) * TILE
    for column, width in _aligned(inner.column, inner.column + inner.width, wide):
        part = Window(total.column + column, window.row, width, window.height)
        yield from strips(part, block_rows, TILE)


def _aligned(start: int, end: int, step: int) -> Iterator[tuple[int, int]]:
    while start < end:
        until = min((start // step + 1) * step, end)
        yield start, until - start
        start = until

"""Chips divided into cells, each of which holds a building or does not."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from geoml.grid import PixelBox
from geoml.tuning import MIN_LABEL_METRES2, Scene

RIM = 9
"""Pixels at the edge of a cell that do not count: what the model says of 16 pixels may lie half in the next cell."""
MOSTLY = 0.5
"""Share of a cell with data, from which it counts."""


def divided(chip: PixelBox, cells: int) -> Iterator[PixelBox]:
    """Yields `cells` x `cells` boxes that cover the chip, row by row."""
    left, top, right, bottom = chip
    columns, rows = (np.linspace(*side, cells + 1).round().astype(int) for side in ((left, right), (top, bottom)))
    for y0, y1 in pairwise(rows):
        for x0, x1 in pairwise(columns):
            yield int(x0), int(y0), int(x1), int(y1)


def building_in(cell: PixelBox, probability: NDArray[np.float32]) -> float:
    """The highest building probability [height, width] inside the cell, in pixels of that array."""
    left, top, right, bottom = cell
    x, y = min(RIM, (right - left - 1) // 2), min(RIM, (bottom - top - 1) // 2)
    return float(probability[top + y : bottom - y, left + x : right - x].max())


def is_seen(cell: PixelBox, seen: NDArray[np.bool_]) -> bool:
    """Whether the cell has data, in pixels of `seen`."""
    left, top, right, bottom = cell
    return bool(seen[top:bottom, left:right].mean() >= MOSTLY)


def labelled_cells(scene: Scene, probability: NDArray[np.float32], cells: int) -> list[tuple[float, bool]]:
    """Of each cell with data: its building probability, and whether it holds MIN_LABEL_METRES2 of a label."""
    height, width = scene.truth.shape
    found = []
    for cell in divided((0, 0, width, height), cells):
        part = slice(cell[1], cell[3]), slice(cell[0], cell[2])
        if is_seen(cell, scene.seen):
            labelled = (scene.truth[part] > 0).sum() * scene.metres_per_pixel**2
            found.append((building_in(cell, probability), bool(labelled >= MIN_LABEL_METRES2)))
    return found

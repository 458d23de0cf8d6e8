"""Windows hold what a box touches and no more, and their pieces hold each pixel once."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extracts.raster.grid import Grid, Window, apart, blocks, strips

GRID = Grid(-18, 28, 0.05, 0.05, 380, 380)
SIZES = st.integers(1, 1200)


@given(st.floats(-17, 0), st.floats(10, 27), st.floats(0.001, 1), st.floats(0.001, 1))
def test_a_window_covers_its_box_and_exceeds_it_by_less_than_a_pixel(
    west: float, south: float, wide: float, high: float
):
    window = GRID.window(west, south, west + wide, south + high)
    assert window
    left, top = GRID.left + window.column * 0.05, GRID.top - window.row * 0.05
    right, bottom = left + window.width * 0.05, top - window.height * 0.05
    slack = 0.05 * 2e-6
    for beyond in (west - left, right - west - wide, top - south - high, south - bottom):
        assert -slack <= beyond < 0.05 + slack


@pytest.mark.parametrize("first", [0, 1, 7])
def test_a_box_along_pixel_edges_has_those_pixels(first: int):
    """Where rasterio.mask takes a row or column more."""
    west = GRID.left + first * 0.05
    assert GRID.window(west, 20, west + 0.5, 20.5) == Window(first, 150, 10, 10)


def test_beside_the_raster_is_no_window():
    assert GRID.window(1, 9, 2, 10) is None
    assert GRID.window(-19, 9, -18, 10) is None
    assert GRID.window(-30, 0, 30, 60) == Window(0, 0, 380, 380)


def test_windows_that_share_pixels_become_one():
    assert apart([Window(5, 0, 5, 5), Window(0, 0, 5, 5)]) == [Window(0, 0, 5, 5), Window(5, 0, 5, 5)]
    assert apart([Window(4, 0, 5, 5), Window(0, 0, 5, 5)]) == [Window(0, 0, 9, 5)]


@settings(deadline=None)
@given(st.integers(0, 700), st.integers(0, 700), SIZES, SIZES, st.integers(1, 800), st.integers(1, 1500))
def test_pieces_hold_each_pixel_once(column: int, row: int, width: int, height: int, step: int, most: int):
    window, total = Window(column, row, width, height), Window(max(column - 3, 0), row, width + 9, height + 9)
    for pieces in (strips(window, step, most), blocks(window, total, step, most)):
        seen = np.zeros((row + height, column + width), dtype=int)
        for piece in pieces:
            seen[slice(*piece.slices[0]), slice(*piece.slices[1])] += 1
        assert (seen[row:, column:] == 1).all()
        assert seen.sum() == window.pixels

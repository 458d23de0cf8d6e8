"""Windows of a layout, assembled from the chips below them."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geoml.chips import read_rgb
from geoml.grid import ChipLayout, PixelBox, PlacedChip

Read = Callable[[PlacedChip], NDArray]


def paste(layout: ChipLayout, window: PixelBox, read: Read, out: NDArray) -> NDArray:
    """Copies what `read` returns for each chip into `out` [height, width, …] of the window, and returns `out`.

    Pixels without a chip keep their value.
    """
    left, top, right, bottom = window
    for placed in layout.intersecting(window):
        x0, y0, x1, y1 = placed.box
        cut = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        source = read(placed)[cut[1] - y0 : cut[3] - y0, cut[0] - x0 : cut[2] - x0]
        out[cut[1] - top : cut[3] - top, cut[0] - left : cut[2] - left] = source
    return out


class Mosaic:
    """Reads windows of a layout; caches the last `cached` decoded chips (about 0.3 MB each)."""

    def __init__(self, layout: ChipLayout, cached: int = 64) -> None:
        self.layout = layout
        self._decode = lru_cache(maxsize=cached)(decode)

    def window(self, window: PixelBox) -> NDArray[np.uint8]:
        """Returns [height, width, 4] uint8: red, green, blue, and 255 where there is data."""
        left, top, right, bottom = window
        return paste(self.layout, window, self._decode, np.zeros((bottom - top, right - left, 4), np.uint8))


def decode(placed: PlacedChip) -> NDArray[np.uint8]:
    """Returns the chip at the resolution of its grid, as `Mosaic.window` does; pixels without data are black."""
    rgb, valid = read_rgb(placed.chip, placed.width, placed.height)
    return np.dstack([rgb * valid[:, :, None], valid * np.uint8(255)])

"""Windows of a layout, put together from the chips below them."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geoml.chips import read_rgb
from geoml.grid import Layout, PixelBox, Placed

Read = Callable[[Placed], NDArray]


def paste(layout: Layout, window: PixelBox, read: Read, out: NDArray) -> NDArray:
    """Fills `out` ([height, width, ...] of the window) with what `read` gives for each chip; elsewhere it stays."""
    left, top, right, bottom = window
    for placed in layout.within(window):
        x0, y0, x1, y1 = placed.box
        cut = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        source = read(placed)[cut[1] - y0 : cut[3] - y0, cut[0] - x0 : cut[2] - x0]
        out[cut[1] - top : cut[3] - top, cut[0] - left : cut[2] - left] = source
    return out


class Mosaic:
    """Reads windows of a layout; keeps the last `cached` decoded chips (about 0.3 MB each), so memory is bounded."""

    def __init__(self, layout: Layout, cached: int = 64) -> None:
        self.layout = layout
        self._decode = lru_cache(maxsize=cached)(decode)

    def window(self, window: PixelBox) -> NDArray[np.uint8]:
        """[height, width, 4] uint8: red, green, blue, and 255 where there is data."""
        left, top, right, bottom = window
        return paste(self.layout, window, self._decode, np.zeros((bottom - top, right - left, 4), np.uint8))


def decode(placed: Placed) -> NDArray[np.uint8]:
    """The chip at working resolution as [height, width, 4]; pixels without data are black."""
    rgb, valid = read_rgb(placed.chip, placed.width, placed.height)
    return np.dstack([rgb * valid[:, :, None], valid * np.uint8(255)])

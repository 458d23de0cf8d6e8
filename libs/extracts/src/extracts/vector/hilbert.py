"""Places in the order of a Hilbert curve: what is near in it is near on the ground."""

import numpy as np

from extracts.outline import Box

BITS = 16


def distances(bounds: np.ndarray, extent: Box) -> np.ndarray:
    """Along a curve of 2^16 x 2^16 cells over `extent`, of the middles of boxes; those beyond count as at its edge."""
    west, south, east, north = extent
    middles = np.nan_to_num((bounds[:, :2] + bounds[:, 2:]) / 2)
    share = (middles - (west, south)) / (max(east - west, 1e-12), max(north - south, 1e-12))
    cells = np.clip(share * 2**BITS, 0, 2**BITS - 1).astype(np.uint32)
    return _curve(cells[:, 0].copy(), cells[:, 1].copy())


def _curve(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    found = np.zeros(len(x), dtype=np.uint32)
    for bit in range(BITS - 1, -1, -1):
        side = np.uint32(1 << bit)
        right, upper = (x & side) > 0, (y & side) > 0
        found += side * side * ((3 * right) ^ upper).astype(np.uint32)
        flip = ~upper & right
        x[flip], y[flip] = side - 1 - (x[flip] & (side - 1)), side - 1 - (y[flip] & (side - 1))
        turn = ~upper
        x[turn], y[turn] = y[turn], x[turn].copy()
        x, y = x & (side - 1), y & (side - 1)
    return found

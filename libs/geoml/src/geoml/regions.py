"""Regions of an image: the hills of a height, and where two regions meet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def climb(height: NDArray[np.int64], mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Returns the number of the hill of each pixel of `mask`, 0 outside: the steepest way up leads to its top.

    Of equally high neighbours the first counts, row by row. What is as high as its highest neighbour is a top;
    tops that touch are one.
    """
    bits = height.size.bit_length()
    pixels = np.arange(height.size).reshape(height.shape)
    ranks = np.where(mask, (height - height.min() + 1 << bits) + (height.size - pixels), 0)
    highest = _highest_around(ranks)
    is_top = mask & (highest >> bits == ranks >> bits)
    above = np.where(is_top, pixels, height.size - (highest & (1 << bits) - 1))
    tops, _ = ndimage.label(is_top, np.ones((3, 3)))  # type: ignore[misc]
    hills = np.zeros(height.shape, np.int32)
    hills[mask] = tops.ravel()[_followed(above.ravel(), np.flatnonzero(mask))]
    return hills


def _highest_around(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each pixel and its eight neighbours."""
    padded = np.pad(ranks, 1)
    rows = np.maximum(np.maximum(padded[:-2], padded[1:-1]), padded[2:])
    return np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])


def _followed(above: NDArray[np.int64], pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns the tops of some pixels, all of whose ways stay among them. Each step doubles the way."""
    places = np.empty(len(above), np.int64)
    places[pixels] = np.arange(len(pixels))
    pointers = places[above[pixels]]
    while not np.array_equal(further := pointers[pointers], pointers):
        pointers = further
    return pixels[pointers]


@dataclass(frozen=True)
class Ridges:
    """One entry for each pair of regions that touch: their numbers, and of their common border the sum of heights and
    the number of pixels."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    total: NDArray[np.float64]
    count: NDArray[np.float64]

    @property
    def height(self) -> NDArray[np.float64]:
        """The mean along the border."""
        return self.total / self.count

    def renumbered(self, numbers: NDArray[np.int32]) -> "Ridges":
        """Returns the ridges of merged regions; `numbers` has the new number of each old one."""
        left, right = numbers[self.left], numbers[self.right]
        apart = left != right
        return _summed(left[apart], right[apart], self.total[apart], self.count[apart])


def ridges_between(regions: NDArray[np.int32], height: NDArray[np.float32]) -> Ridges:
    """Region 0 is the ground and touches nothing. Of two pixels at a border, the lower counts."""
    down = _meeting(regions[:-1], regions[1:], height[:-1], height[1:])
    across = _meeting(regions[:, :-1], regions[:, 1:], height[:, :-1], height[:, 1:])
    left, right, heights = (np.concatenate(both) for both in zip(down, across, strict=True))
    return _summed(left, right, heights, np.ones(len(heights)))


def _meeting(a: NDArray, b: NDArray, height_a: NDArray, height_b: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    border = np.nonzero((a != b) & (a > 0) & (b > 0))
    return a[border], b[border], np.minimum(height_a[border], height_b[border])


_BASE = 2**31


def _summed(a: NDArray, b: NDArray, total: NDArray, count: NDArray) -> Ridges:
    pairs = np.minimum(a, b).astype(np.int64) * _BASE + np.maximum(a, b)
    keys, entries = np.unique(pairs, return_inverse=True)
    left, right = np.divmod(keys, _BASE)
    sums = (np.asarray(np.bincount(entries, weights, len(keys)), np.float64) for weights in (total, count))
    return Ridges(left, right, *sums)

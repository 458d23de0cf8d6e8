"""Regions of an image: the hills of a height, and where two regions meet."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage


def climb(height: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Returns the number of the hill of each pixel of `mask`, 0 outside: the steepest way up leads to its top."""
    inside = np.pad(np.where(mask, height, -1).astype(np.float32), 1, constant_values=-1)
    width, centre = inside.shape[1], inside[1:-1, 1:-1].copy()
    above = np.arange(inside.size, dtype=np.int32).reshape(inside.shape)
    target = above[1:-1, 1:-1].copy()
    for down, right in _NEIGHBOURS:
        beside = inside[1 + down : inside.shape[0] - 1 + down, 1 + right : width - 1 + right]
        higher = beside > centre
        centre[higher] = beside[higher]
        target[higher] = above[1 + down : inside.shape[0] - 1 + down, 1 + right : width - 1 + right][higher]
    tops, _ = ndimage.label((target == above[1:-1, 1:-1]) & mask, np.ones((3, 3)))  # type: ignore[misc]
    return np.where(mask, np.pad(tops, 1).ravel()[_followed(target, above)], 0).astype(np.int32)


_NEIGHBOURS = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]


def _followed(target: NDArray[np.int32], pixels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Each step doubles the way, until every pixel points to a top."""
    pointers = pixels.copy()
    pointers[1:-1, 1:-1] = target
    flat = pointers.ravel()
    while True:
        further = flat[flat]
        if np.array_equal(further, flat):
            return flat.reshape(pixels.shape)[1:-1, 1:-1]
        flat = further


@dataclass(frozen=True)
class Ridges:
    """One entry for each pair of regions that touch: their numbers, and the mean height along their common border."""

    left: NDArray[np.int64]
    right: NDArray[np.int64]
    height: NDArray[np.float64]


def ridges_between(regions: NDArray[np.int32], height: NDArray[np.float32]) -> Ridges:
    """Region 0 is the ground and touches nothing. Of two pixels at a border, the lower counts."""
    down = _meeting(regions[:-1], regions[1:], height[:-1], height[1:])
    across = _meeting(regions[:, :-1], regions[:, 1:], height[:, :-1], height[:, 1:])
    pairs, heights = (np.concatenate(both) for both in zip(down, across, strict=True))
    keys, entries = np.unique(pairs, return_inverse=True)
    total = np.bincount(entries, heights, len(keys))
    left, right = np.divmod(keys, _BASE)
    return Ridges(left, right, total / np.maximum(np.bincount(entries, minlength=len(keys)), 1))


_BASE = 2**31


def _meeting(a: NDArray, b: NDArray, height_a: NDArray, height_b: NDArray) -> tuple[NDArray, NDArray]:
    touching = (a != b) & (a > 0) & (b > 0)
    low, high = np.minimum(a[touching], b[touching]), np.maximum(a[touching], b[touching])
    return low.astype(np.int64) * _BASE + high, np.minimum(height_a[touching], height_b[touching])

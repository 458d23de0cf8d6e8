"""Instance segmentation: a watershed of the depth inside buildings, and a merging of what it cut in too many pieces."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoml.labels import BACKGROUND, INTERIOR
from geoml.regions import Ridges, climb, ridges_between

DEPTH = 3
"""The channel of the depth, of models that have one; see `geoml.labels.LabelRasterizer.depth`."""
LEVELS, RIPPLE = 1024, 0.02
"""Steps of the depth, and the share of a border that divides nothing."""
USUAL_AREA, SMALL_COST = 60.0, 0.1
"""Square metres; and the share that a piece e times smaller needs beyond `split_share`: what looks like a small house
beside another one is more often a part of it."""


@dataclass(frozen=True)
class InstanceOptions:
    """What makes one building of pixels. The values that suit a model are found on its validation chips."""

    threshold: float = 0.5
    """lowest building probability of a pixel"""
    smoothing: float = 0.4
    """standard deviation of the smoothing of the depth, metres"""
    split_share: float = 0.5
    """how much shallower the border of two pieces is than the shallower of the two, as a share of that, for two
    buildings"""


def building_probability(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the probability [height, width] of interior or border, from probabilities [channels, height, width]."""
    return 1 - probabilities[BACKGROUND]


def label_instances(
    probabilities: NDArray[np.float32], options: InstanceOptions, metres_per_pixel: float
) -> NDArray[np.int32]:
    """Returns instance numbers [height, width]; 0 where the building probability is below `options.threshold`.

    Every pixel belongs to the local maximum of the depth that it reaches by the steepest way up (watershed). Then
    pieces are merged, the deepest common border first, until each pair is divided by a border of
    `options.split_share`. `metres_per_pixel` is the side of a pixel.
    """
    return Splitter(probabilities, options, metres_per_pixel).instances(options.split_share)


class Splitter:
    """The pieces, before they are merged."""

    def __init__(self, probabilities: NDArray[np.float32], options: InstanceOptions, metres_per_pixel: float) -> None:
        mask = building_probability(probabilities) >= options.threshold
        levels = smoothed_depth(probabilities, options.smoothing / metres_per_pixel)
        depth = (levels / LEVELS).astype(np.float32)
        pieces = climb(levels, mask)
        peaks = np.zeros(pieces.max() + 1, np.float32)
        np.maximum.at(peaks, pieces[mask], depth[mask])
        ridges = ridges_between(pieces, depth)
        merged = _merged(ridges, peaks, np.full(len(peaks), USUAL_AREA), RIPPLE)
        self._pieces, self._peaks, self._ridges = merged[pieces], peaks, ridges.renumbered(merged)
        self._areas = np.bincount(self._pieces.ravel(), minlength=len(peaks)) * metres_per_pixel**2

    def instances(self, split_share: float) -> NDArray[np.int32]:
        return _merged(self._ridges, self._peaks, self._areas, split_share)[self._pieces]


def smoothed_depth(probabilities: NDArray[np.float32], sigma: float) -> NDArray[np.int64]:
    """Returns the depth in steps of 1 / LEVELS [height, width], so that a plateau has one top.

    Of a model without a channel for it, the probability of interior takes its place.
    """
    depth = probabilities[DEPTH if len(probabilities) > DEPTH else INTERIOR]
    return np.rint(LEVELS * ndimage.gaussian_filter(depth, sigma)).astype(np.int64)


def _merged(
    ridges: Ridges, peaks: NDArray[np.float32], areas: NDArray[np.floating], split_share: float
) -> NDArray[np.int32]:
    """Returns the building of each piece."""
    parents, tops, sizes, heights = list(range(len(peaks))), peaks.tolist(), areas.tolist(), ridges.height
    left, right = ridges.left, ridges.right
    lowest = _lowest(np.minimum(areas[left], areas[right]), np.minimum(peaks[left], peaks[right]), split_share)
    shallow = np.flatnonzero(heights > lowest)  # a merged piece is neither lower nor smaller than its parts

    def root(piece: int) -> int:
        while parents[piece] != piece:
            parents[piece] = piece = parents[parents[piece]]
        return piece

    for n in shallow[np.argsort(-heights[shallow], kind="stable")].tolist():
        a, b = root(int(left[n])), root(int(right[n]))
        low, high = (a, b) if tops[a] < tops[b] else (b, a)
        if a != b and heights[n] > _lowest(min(sizes[a], sizes[b]), tops[low], split_share):
            parents[low], sizes[high] = high, sizes[a] + sizes[b]
    return np.array([root(piece) for piece in range(len(parents))], np.int32)


def _lowest(area: Any, peak: Any, split_share: float) -> Any:
    """Returns the height of a border above which two pieces are one; `area` and `peak` are the smaller of theirs."""
    return (1 - split_share - SMALL_COST * np.maximum(0, np.log(USUAL_AREA / area))) * peak

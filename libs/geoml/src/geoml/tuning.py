"""Finds the parameters of the post-processing that suit a model, on chips that it did not learn from.

Candidates are compared by the F1 of whole buildings at an IoU of 0.5, on pixels, which is a thousand times quicker than
on outlines and ranks them alike.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoml.grid import ChipLayout, PlacedChip
from geoml.instances import InstanceOptions, Splitter
from geoml.labels import LabelRasterizer
from geoml.mosaic import Mosaic
from geoml.session import Session
from geoml.tiled_inference import MARGIN, class_probabilities

MIN_LABEL_METRES2 = 3.0
"""Smaller remainders of labels at the edge of a chip do not count."""
THRESHOLDS = (0.5, 0.4, 0.6)
SMOOTHINGS = (0.4, 0.7, 1.1)
SPLIT_SHARES = (0.5, 0.3, 0.35, 0.4, 0.45, 0.55, 0.6, 0.65)
MIN_AREAS = (3.0, 6.0, 9.0, 13.0)
DEFAULTS = THRESHOLDS[0], SMOOTHINGS[0], SPLIT_SHARES[0], MIN_AREAS[0]
STEP_COST = 0.02
"""F1 that each step away from DEFAULTS must bring: on a few chips, less is chance."""
Candidate = tuple[float, float, float, float]
"""Threshold, smoothing, split share, smallest area."""
Counts = NDArray[np.int64]
"""Labels, buildings found, matches."""


@dataclass(frozen=True)
class Scene:
    """One chip: the model's output for it with a margin, and where the chip is in it."""

    chip: PlacedChip
    probabilities: NDArray[np.float32]
    inner: tuple[slice, slice]
    truth: NDArray[np.int32]
    """the numbers of the labels on the chip, 0 for ground"""
    seen: NDArray[np.bool_]
    """the pixels of the chip with data"""
    metres_per_pixel: float


def scenes(session: Session, layout: ChipLayout, labels: LabelRasterizer) -> Iterator[Scene]:
    mosaic = Mosaic(layout)
    for placed in layout.chips:
        window = left, top, *_ = layout.padded(placed.box, MARGIN)
        x0, y0, x1, y1 = placed.box
        inner = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        image = mosaic.window(window)
        truth, seen = labels.instances(placed.box), image[inner][:, :, 3] > 0
        yield Scene(placed, class_probabilities(session, image), inner, truth, seen, labels.metres_per_pixel)


def tune(samples: Sequence[Scene]) -> dict[str, Any]:
    """Returns the best parameters by their names in `geoml.predict`; the first of equal ones.

    A few chips find something that suits them and no other. So only candidates count that are at least as good as
    DEFAULTS on every second chip, and on the others too, and the further away they are the more they must bring.
    """
    halves = _totals(samples[::2]), _totals(samples[1::2])
    safe = [one for one in halves[0] if all(_f1(half[one]) >= _f1(half[DEFAULTS]) for half in halves)]
    best = max(safe, key=lambda one: _f1(halves[0][one] + halves[1][one]) - STEP_COST * _steps(one))
    return dict(zip(("confidence_threshold", "smoothing", "split_share", "min_area"), best, strict=True))


def _steps(candidate: Candidate) -> int:
    """The number of values between the candidate and DEFAULTS, over all parameters."""
    tried = (sorted(values) for values in (THRESHOLDS, SMOOTHINGS, SPLIT_SHARES, MIN_AREAS))
    each = zip(tried, candidate, DEFAULTS, strict=True)
    return sum(abs(values.index(one) - values.index(default)) for values, one, default in each)


def _totals(samples: Sequence[Scene]) -> dict[Candidate, Counts]:
    totals: dict[Candidate, Counts] = defaultdict(lambda: np.zeros(3, np.int64))
    for scene in samples:
        for candidate, counts in _tried(scene):
            totals[candidate] += counts
    return totals


def _tried(scene: Scene) -> Iterator[tuple[Candidate, Counts]]:
    for threshold, smoothing in product(THRESHOLDS, SMOOTHINGS):
        splitter = Splitter(scene.probabilities, InstanceOptions(threshold, smoothing), scene.metres_per_pixel)
        for split_share in SPLIT_SHARES:
            found = splitter.instances(split_share)[scene.inner]
            for min_area, counts in zip(MIN_AREAS, _counts(scene, found), strict=True):
                yield (threshold, smoothing, split_share, min_area), counts


def _counts(scene: Scene, found: NDArray[np.int32]) -> Iterable[Counts]:
    """For each of MIN_AREAS. An IoU above 0.5 makes a pair unique."""
    row, column, shared = _pairs(scene.truth, found)
    truth, area = (np.bincount(numbers, shared) for numbers in (row, column))
    iou = shared / (truth[row] + area[column] - shared)
    real = (row > 0) & (column > 0) & (iou > 0.5) & (_metres(scene, truth)[row] >= MIN_LABEL_METRES2)
    labels = (_metres(scene, truth[1:]) >= MIN_LABEL_METRES2).sum()
    for least in MIN_AREAS:
        kept = _metres(scene, area) >= least
        yield np.array([labels, kept[1:].sum(), (real & kept[column]).sum()])


def _pairs(truth: NDArray[np.int32], found: NDArray[np.int32]) -> tuple[NDArray[np.int64], ...]:
    """Returns the numbers in `truth`, those in `found` and how many pixels have both. Pixels in a row that have the
    same pair are counted at once."""
    width = int(found.max(initial=0)) + 1
    codes = truth.ravel().astype(np.int64) * width + found.ravel()
    starts = np.flatnonzero(np.diff(codes, prepend=-1))
    pairs, places = np.unique(codes[starts], return_inverse=True)
    pixels = np.bincount(places, np.diff(starts, append=len(codes))).astype(np.int64)
    return pairs // width, pairs % width, pixels


def _metres(scene: Scene, pixels: NDArray) -> NDArray[np.float64]:
    return pixels * scene.metres_per_pixel**2


def _f1(counts: Counts) -> float:
    labels, found, hits = counts
    return 2 * hits / max(labels + found, 1)

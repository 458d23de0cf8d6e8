"""Reliability: how often answers of a confidence are right. Needs numpy only.

The expected calibration error is that of Guo et al. ("On calibration of modern neural networks", 2017).
"""

from collections.abc import Sequence
from typing import TypedDict

import numpy as np

BINS = 10


class ReliabilityBin(TypedDict):
    """The answers of one interval of confidence: their mean confidence, the share that is right, their number."""

    confidence: float
    right: float
    count: int


def reliability(confidence: Sequence[float], right: Sequence[bool]) -> list[ReliabilityBin]:
    """Returns the intervals of equal width that hold an answer, from low to high confidence."""
    c, y = np.asarray(confidence, float), np.asarray(right, float)
    number = np.minimum((c * BINS).astype(int), BINS - 1)
    return [
        {
            "confidence": round(float(c[number == n].mean()), 4),
            "right": round(float(y[number == n].mean()), 4),
            "count": int((number == n).sum()),
        }
        for n in np.unique(number)
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """The mean distance of confidence and share that is right, over all answers; 0 without one."""
    total = sum(one["count"] for one in bins)
    return sum(one["count"] * abs(one["confidence"] - one["right"]) for one in bins) / max(total, 1)

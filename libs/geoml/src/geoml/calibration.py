"""Confidence as a probability: how to correct it.

Platt scaling ("Probabilistic outputs for support vector machines", 1999) of the logit of a confidence. How well that
went is told by `geoml.reliability`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, log_expit, logit

PRIOR = 1.0
"""Weight of the wish to leave a confidence as it is, in objects: few objects change it little."""
_EDGE = 1e-3


@dataclass(frozen=True)
class Calibration:
    """Maps a confidence c to the probability expit(slope · logit(c) + bias)."""

    slope: float = 1.0
    bias: float = 0.0

    def apply(self, confidence: Any) -> Any:
        """A number or an array. The order of confidences is kept."""
        if self == Calibration():
            return confidence
        return expit(self.slope * _logit(confidence) + self.bias)


def fit_calibration(confidence: Sequence[float], right: Sequence[bool]) -> Calibration:
    """Returns the likeliest calibration of objects; that which changes nothing when there is none."""
    x, y = _logit(np.asarray(confidence, float)), np.where(right, 1.0, -1.0)

    def loss(both: NDArray[np.float64]) -> float:
        slope, bias = both
        return float(PRIOR * ((slope - 1) ** 2 + bias**2) - log_expit(y * (slope * x + bias)).sum())

    slope, bias = minimize(loss, [1.0, 0.0], method="L-BFGS-B", bounds=[(0.01, 10), (-10, 10)]).x
    return Calibration(round(float(slope), 4), round(float(bias), 4))


def _logit(confidence: Any) -> Any:
    return logit(np.clip(confidence, _EDGE, 1 - _EDGE))

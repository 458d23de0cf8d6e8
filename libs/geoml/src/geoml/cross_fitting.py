"""How sure a model may be, and from where on its answers count: found on validation chips, for answers right or wrong.

As in `geoml.evaluation`, what is decided on the answers of each half of the chips comes from the other half, so that
the figures are honest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoml.calibration import Calibration, fit_calibration
from geoml.predict import given, read_threshold
from geoml.reliability import expected_calibration_error, reliability
from geoml.scoring import Scored

THRESHOLDS = sorted((n / 20 for n in range(1, 20)), key=lambda threshold: abs(threshold - 0.5))
"""Of thresholds that are equally good, that nearest to 0.5 is taken."""


@dataclass(frozen=True)
class Decided:
    """Of answers: their calibrated confidence, whether each is right, and whether it reaches the threshold. `labels` is
    the number of those that could be right."""

    confidence: NDArray[np.float64]
    right: NDArray[np.bool_]
    accepted: NDArray[np.bool_]
    labels: int

    def __add__(self, other: "Decided") -> "Decided":
        return Decided(
            np.concatenate([self.confidence, other.confidence]),
            np.concatenate([self.right, other.right]),
            np.concatenate([self.accepted, other.accepted]),
            self.labels + other.labels,
        )


@dataclass(frozen=True)
class Trust:
    """What chips tell of a model's confidence: how to correct it, and from where on F1 is best."""

    calibration: Calibration
    threshold: float

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "Trust":
        """Raises ValueError as `read_threshold` does."""
        return cls(given(Calibration, params, "calibration_"), read_threshold(params))

    def decide(self, scored: Scored) -> Decided:
        confidence = np.asarray(self.calibration.apply(np.asarray(scored.confidence, float)))
        return Decided(confidence, np.asarray(scored.right, bool), confidence >= self.threshold, scored.labels)


def halves(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Neighbours by name stay together, for they may show the same building."""
    ordered = sorted(names)
    return ordered[: len(ordered) // 2], ordered[len(ordered) // 2 :]


def cross_fit(first: Scored, second: Scored, base: Trust) -> tuple[Decided, dict[str, Any]]:
    """Returns the answers of both halves with what is decided on them, and the parameters of inference that suit all.

    Where a half has no answer, nothing is learnt and `base` decides.
    """
    both = first + second
    if not (first.confidence and second.confidence):
        return base.decide(both), {}
    sure = _fit(both)
    slope, bias = sure.calibration.slope, sure.calibration.bias
    learnt = {"confidence_threshold": sure.threshold, "calibration_slope": slope, "calibration_bias": bias}
    return _fit(second).decide(first) + _fit(first).decide(second), learnt


def _fit(scored: Scored) -> Trust:
    calibration = fit_calibration(scored.confidence, scored.right)
    tried = [Trust(calibration, threshold) for threshold in THRESHOLDS]
    return max(tried, key=lambda trust: f1_metrics(trust.decide(scored))["f1"])


def f1_metrics(decided: Decided) -> dict[str, float]:
    """Returns `precision`, `recall` and `f1` of the accepted answers."""
    hits, accepted = int(decided.right[decided.accepted].sum()), int(decided.accepted.sum())
    return {
        "precision": hits / max(accepted, 1),
        "recall": hits / max(decided.labels, 1),
        "f1": 2 * hits / max(accepted + decided.labels, 1),
    }


def confidence_metrics(confidence: Sequence[float], right: Sequence[bool]) -> dict[str, Any]:
    """Returns `calibration_error` and `reliability`, see `geoml.reliability`."""
    bins = reliability(confidence, right)
    return {"calibration_error": expected_calibration_error(bins), "reliability": bins}

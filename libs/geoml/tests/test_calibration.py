"""Confidence that says how often a building is right."""

import numpy as np
import pytest

from geoml.calibration import Calibration, fit_calibration
from geoml.reliability import expected_calibration_error, reliability
from geoml.reliability_plot import BLUE, render_reliability


def overconfident(n=4000):
    """Confidences near 1 that are right in six of ten."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.8, 0.99, n)
    return confidence, rng.random(n) < confidence * 0.65


def test_a_fitted_confidence_is_the_share_that_is_right():
    confidence, right = overconfident()
    before = expected_calibration_error(reliability(confidence, right))
    sure = fit_calibration(confidence[::2], right[::2]).apply(confidence[1::2])
    assert before > 0.3
    assert expected_calibration_error(reliability(sure, right[1::2])) < 0.03


def test_the_order_of_confidences_is_kept_and_they_stay_shares():
    sure = fit_calibration(*overconfident()).apply(np.linspace(0, 1, 50))
    assert (np.diff(sure) >= 0).all()
    assert 0 < sure[0] < sure[-1] < 1


def test_without_an_object_nothing_changes():
    assert fit_calibration([], []) == Calibration()
    assert Calibration().apply(0.73) == 0.73


def test_the_error_weighs_each_interval_by_its_objects():
    bins = reliability([0.95, 0.95, 0.95, 0.15], [True, True, False, False])
    assert [one["count"] for one in bins] == [1, 3]
    assert expected_calibration_error(bins) == pytest.approx((3 * (0.95 - 2 / 3) + 0.15) / 4, abs=1e-3)
    assert expected_calibration_error([]) == 0


def test_the_plot_has_a_bar_for_each_interval():
    image = render_reliability(reliability([0.95, 0.15], [True, True]))
    blue = np.all(np.asarray(image) == BLUE, axis=2).any(axis=0)
    assert (np.diff(blue.astype(int)) == 1).sum() == 2

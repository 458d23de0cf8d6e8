"""Which parameters are taken when chips disagree."""

from collections import Counter

import numpy as np
import pytest

from geoml import tuning

OTHER = (0.5, 0.7, 0.55, 3.0)


@pytest.fixture
def tuned(monkeypatch):
    """`tuned(chips)`: each chip is the pair (hits of the defaults, hits of OTHER) of 100 labels and 100 buildings."""

    def tried(chip):
        for candidate, hits in zip((tuning.DEFAULTS, OTHER), chip, strict=True):
            yield candidate, np.array([100, 100, hits])

    monkeypatch.setattr(tuning, "_tried", tried)
    return lambda chips: tuple(tuning.tune(chips).values())


def test_what_is_better_everywhere_is_taken(tuned):
    assert tuned([(50, 60), (50, 70), (40, 50), (60, 60)]) == OTHER


def test_what_suits_some_chips_and_harms_others_is_not_taken(tuned):
    assert tuned([(30, 90), (60, 50), (30, 90), (60, 50)]) == tuning.DEFAULTS


def test_equal_candidates_leave_the_defaults(tuned):
    assert tuned([(50, 50), (50, 50)]) == tuning.DEFAULTS


def test_what_is_far_from_the_defaults_must_bring_more(tuned):
    """Two steps away, four hundredths of F1."""
    assert tuned([(50, 53), (50, 53)]) == tuning.DEFAULTS
    assert tuned([(50, 55), (50, 55)]) == OTHER


def test_pairs_of_two_masks_are_counted():
    rng = np.random.default_rng(0)
    truth, found = (rng.integers(0, most, (40, 30), dtype=np.int32) for most in (6, 9))
    row, column, pixels = tuning._pairs(truth, found)
    expected = Counter(zip(truth.ravel().tolist(), found.ravel().tolist(), strict=True))
    assert dict(zip(zip(row.tolist(), column.tolist(), strict=True), pixels.tolist(), strict=True)) == expected

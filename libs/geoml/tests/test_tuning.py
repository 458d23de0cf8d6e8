"""Which parameters are taken when chips disagree."""

import numpy as np
import pytest

from geoml import tuning

OTHER = (0.4, 1.1, 0.3, 13.0)


@pytest.fixture
def tuned(monkeypatch):
    """`tuned(chips)`: each chip is the pair (hits of the defaults, hits of OTHER) of ten labels and ten buildings."""

    def tried(chip):
        for candidate, hits in zip((tuning.DEFAULTS, OTHER), chip, strict=True):
            yield candidate, np.array([10, 10, hits])

    monkeypatch.setattr(tuning, "_tried", tried)
    return lambda chips: tuple(tuning.tune(chips).values())


def test_what_is_better_everywhere_is_taken(tuned):
    assert tuned([(5, 6), (5, 7), (4, 5), (6, 6)]) == OTHER


def test_what_suits_some_chips_and_harms_others_is_not_taken(tuned):
    assert tuned([(3, 9), (6, 5), (3, 9), (6, 5)]) == tuning.DEFAULTS


def test_equal_candidates_leave_the_defaults(tuned):
    assert tuned([(5, 5), (5, 5)]) == tuning.DEFAULTS

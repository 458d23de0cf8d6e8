import math

import pytest

from geoml.hyperparameters import (
    INFERENCE,
    TRAINING,
    Violation,
    find_violation,
    phase_defaults,
    rule_of_default,
    with_defaults,
)

EPOCHS = {"key": "epochs", "type": "int", "default": 5, "min": 1, "max": 9}
LOSS = {"key": "loss", "type": "str", "default": "a", "values": ["a", "b"]}


@pytest.mark.parametrize(
    ("entry", "value", "violation", "text"),
    [
        (EPOCHS, 9, None, ""),
        (EPOCHS, 0, Violation("min", 1), "must not be less than 1"),
        (EPOCHS, 10, Violation("max", 9), "must not be greater than 9"),
        (EPOCHS, True, Violation("type", "int"), "must be an integer"),
        (EPOCHS, None, Violation("type", "int"), "must be an integer"),
        (LOSS, "c", Violation("values", ["a", "b"]), "must be one of a, b"),
        ({"type": "float", "min": None}, 1, None, ""),
        ({"type": "float"}, math.nan, Violation("type", "float"), "must be a number"),
        ({"type": "bool"}, 1, Violation("type", "bool"), "must be true or false"),
        ({"type": "imagery"}, "https://tiles.example/{z}/{x}/{y}", None, ""),
    ],
)
def test_first_rule_that_a_value_breaks(entry, value, violation, text):
    found = find_violation(entry, value)
    assert (found, str(found or "")) == (violation, text)


def test_defaults_of_a_phase_have_no_prefix():
    given = {"training.epochs": 5, "inference.threshold": 0.5}
    assert phase_defaults(given, TRAINING) == {"epochs": 5}
    assert phase_defaults(given, INFERENCE) == {"threshold": 0.5}


@pytest.mark.parametrize(("default", "kind"), [(True, "bool"), (1, "int"), (0.5, "float"), ("a", "str"), ([1], "str")])
def test_default_without_an_entry_gives_its_type(default, kind):
    assert rule_of_default(default) == {"type": kind}


def test_missing_keys_get_their_defaults_and_wrong_values_are_named():
    assert with_defaults([EPOCHS, LOSS], {"epochs": 3, "seed": 1}) == {"epochs": 3, "loss": "a", "seed": 1}
    with pytest.raises(ValueError, match="epochs must be an integer; loss must be one of a, b"):
        with_defaults([EPOCHS, LOSS], {"epochs": "3", "loss": "c"})

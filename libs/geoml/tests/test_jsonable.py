"""Metrics as plug-ins return them: of any library, with any keys, and numbers that are none."""

import json
import math
from collections import OrderedDict, deque
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoml.jsonable import NotJsonable, jsonable


class Tensor:
    """As torch's: nothing but `item` and `tolist` is asked of it."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tolist(self) -> Any:
        return self.value

    item = tolist


class Kind(StrEnum):
    ROOF = "roof"


class Level(IntEnum):
    HIGH = 2


FLOATS = st.floats(allow_nan=True, allow_infinity=True)
NUMBERS = st.one_of(
    FLOATS,
    FLOATS.map(np.float64),
    st.floats(width=32).map(np.float32),
    st.floats(width=16).map(np.float16),
    st.integers(),
    st.integers(-(2**63), 2**63 - 1).map(np.int64),
    st.integers(0, 255).map(np.uint8),
    FLOATS.map(Tensor),
    FLOATS.map(np.array),
)
SCALARS = st.one_of(NUMBERS, st.booleans(), st.booleans().map(np.bool_), st.none(), st.text())
KEYS = st.one_of(st.text("abc "), st.integers(256), st.integers(0, 255).map(np.uint8), st.booleans())
"""No two of them read alike."""
METRICS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
    ),
    max_size=6,
)


def plain_number(value: Any) -> float | int | None:
    """What a reader should see of a number."""
    number = value.value if isinstance(value, Tensor) else value.item() if hasattr(value, "item") else value
    if isinstance(number, int) and not isinstance(number, bool) and -(2**63) <= number < 2**63:
        return number
    try:
        return float(number) if math.isfinite(number) else None
    except OverflowError:
        return None


@settings(max_examples=1000)
@given(NUMBERS)
def test_numbers_keep_their_value(value: Any) -> None:
    assert jsonable(value) == plain_number(value)


@settings(max_examples=1000)
@given(METRICS)
def test_metrics_of_all_types_go_round_as_strict_json(metrics: dict[Any, Any]) -> None:
    plain = jsonable(metrics)
    text = json.dumps(plain, allow_nan=False)
    assert json.loads(text) == plain == jsonable(plain)
    assert len(plain) == len(metrics)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (float("-inf"), None),
        (np.longdouble(0.25), 0.25),
        (2**70, float(2**70)),
        (10**400, None),
        (np.bool_(True), True),
        (np.str_("roof"), "roof"),
        (Kind.ROOF, "roof"),
        (Level.HIGH, 2),
        (Decimal("0.1"), 0.1),
        (Decimal("sNaN"), None),
        (Fraction(1, 4), 0.25),
        (np.array([[1, 2]], np.uint8), [[1, 2]]),
        (Tensor([1.0, math.nan]), [1.0, None]),
        ((1, {2}), [1, [2]]),
        (deque([1]), [1]),
        (OrderedDict({0: np.int64(1), True: 2.0, None: 3}), {"0": 1, "true": 2.0, "null": 3}),
        ({np.float32(0.5): 1}, {"0.5": 1}),
        ({Level.HIGH: 1}, {"2": 1}),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ("a\0b\ud800", "a\ufffdb?"),
    ],
)
def test_value_becomes_plain(value: Any, plain: Any) -> None:
    assert jsonable(value) == plain
    assert type(jsonable(value)) is type(plain)


def _endless() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"model": object()}, "metrics['model'] is of the type object"),
        ([1j], "metrics[0] is of the type complex"),
        (b"\0", "of the type bytes"),
        ({(0, 1): 1}, "a key of metrics is of the type tuple"),
        ({1: 0.5, "1": 0.6}, "metrics has two keys that read '1'"),
        (_endless(), "nested too deeply"),
        (np.float32, "of the type type"),
    ],
)
def test_what_json_cannot_hold_is_named(value: Any, words: str) -> None:
    with pytest.raises(NotJsonable) as refusal:
        jsonable(value, "metrics")
    assert words in str(refusal.value)

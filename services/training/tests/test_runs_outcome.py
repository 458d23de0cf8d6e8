"""Values of a run as ZenML leaves them in the artifact store."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.runs.jobs.outcome import UnreadableOutput, chip_outcome, read_value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8,
)  # fmt: skip


def defined(value: Any) -> Any:
    if isinstance(value, dict):
        return {key.replace("\0", "\ufffd"): defined(one) for key, one in value.items()}
    if isinstance(value, list):
        return [defined(one) for one in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    is_wide = isinstance(value, int) and not -(2**63) <= value < 2**63
    return float(value) if is_wide else value


@settings(max_examples=1000)
@given(st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), VALUES, max_size=5))
def test_metrics_come_back_and_what_is_not_defined_is_none(metrics):
    read = read_value("metrics", json.dumps(metrics).encode())
    assert read == defined(metrics)
    json.dumps(read, allow_nan=False)


def test_value_alone_goes_by_the_name_of_its_output():
    assert read_value("metrics", b"0.5") == {"metrics": 0.5}
    assert read_value("metrics", b"NaN") == {"metrics": None}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_damaged_file_is_told(content):
    with pytest.raises(UnreadableOutput, match="The output metrics of the run cannot be read: its file is damaged"):
        read_value("metrics", content)


CHIPS = {"wanted": 4, "done": 3, "left_out": [{"reason": "It is torn.", "count": 1, "examples": ["a.tif"]}]}


@pytest.mark.parametrize("told", [None, {}, {"wanted": "many"}, [1]])
def test_model_that_does_not_tell_of_its_chips_has_no_outcome(told):
    assert chip_outcome(told, 5) is None


@pytest.mark.parametrize(("chip_count", "gone"), [(None, 0), (4, 0), (3, 0), (6, 2)])
def test_chips_that_are_gone_are_counted_beside_those_left_out(chip_count, gone):
    outcome = chip_outcome(CHIPS, chip_count)
    assert outcome
    assert (outcome.wanted, outcome.done) == (4 + gone, 3)
    assert sum(one.count for one in outcome.left_out) == 1 + gone

"""The rules of samples: what is taken, what is refused, who may read it."""

import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.notify.samples import MAX_ELEMENTS, TYPES, BadSample, Sample, may_read, sample_of, samples_of
from contracts.shared import ANONYMOUS, Actor

GOOD = {"name": "17/loss", "ts": 1_700_000_000_000_000_000, "value": 0.5}
FORMS = {
    "f64": (0.5, (0.5, None, None)), "i8": (-128, (-128.0, None, None)), "u64": (2**64 - 1, (2.0**64, None, None)),
    "bool": (True, (1.0, None, None)), "string": ("warm", (None, "warm", None)),
    "enum": ({"id": 3, "desc": "idle"}, (3.0, "idle", None)), "f32": ([1, 2.5], (None, None, [1.0, 2.5])),
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMS)
def test_each_type_takes_its_own_form(kind: str) -> None:
    value, stored = FORMS[kind]
    sample = sample_of({**GOOD, "type": kind, "value": value})
    assert (sample.number, sample.text, sample.array) == stored


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "f64"), (1.5, "f64"), (True, "bool"), ("x", "string"), ({"id": 1, "desc": ""}, "enum"), ([1], "f64")],
)
def test_a_type_that_is_not_given_follows_from_the_value(value: object, kind: str) -> None:
    assert sample_of({**GOOD, "value": value}).type == kind


def test_a_diverged_run_can_be_recorded() -> None:
    numbers = [sample_of({**GOOD, "type": "f64", "value": v}).number for v in ("NaN", "Infinity", "-Infinity")]
    assert math.isnan(numbers[0] or 0)
    assert numbers[1:] == [math.inf, -math.inf]
    assert sample_of({**GOOD, "value": "NaN"}).type == "string"


BAD = {
    "name": [None, "", "x" * 256, " x", "x ", "a\nb", "a\x7f", "123", "١٢٣", "\u00a0x", 5],
    "backend": ["", "x" * 65, 5, "a\tb"],
    "ts": [None, -1, 2**63, "-1", "1.5", "", 1.5, True, "9" * 20],
    "type": ["f65", "F64", 5, ["f64"]],
    "pulse_id": [1.5, "1", True, 2**63],
    "unit": [5, "a\0b", "x" * (2**20 + 1)],
    "value": [None, {"id": 1}, {"id": 1.5, "desc": "x"}, {"id": 1, "desc": 5}, {"id": 1, "desc": "", "x": 1}, [],
              [True], ["1"], [[1]], [None], "a\0b", [0.0] * (MAX_ELEMENTS + 1), {"id": 2**60, "desc": "x"}],
}  # fmt: skip


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in BAD.items() for value in values])
def test_a_broken_rule_is_refused_and_named(key: str, value: object) -> None:
    with pytest.raises(BadSample) as refused:
        sample_of({**GOOD, key: value})
    assert refused.value.where[0] == key


@pytest.mark.parametrize(
    ("kind", "value"),
    [("i32", 1.0), ("i8", 128), ("u8", -1), ("bool", 1), ("f64", True), ("string", 1), ("enum", "idle"), ("i64", "1"),
     ("string", [1]), ("bool", [True]), ("enum", [1]), ("u8", [256]), ("i64", "NaN"), ("f64", "nan")],
)  # fmt: skip
def test_a_value_that_does_not_fit_its_type_is_refused(kind: str, value: object) -> None:
    with pytest.raises(BadSample):
        sample_of({**GOOD, "type": kind, "value": value})


@pytest.mark.parametrize("body", [None, [], {}, {"samples": {}}, {"samples": []}, {"samples": [GOOD] * 10_001}])
def test_a_body_has_one_to_ten_thousand_samples(body: object) -> None:
    with pytest.raises(BadSample) as refused:
        samples_of(body)
    assert refused.value.where == ("samples",)


def test_the_position_of_a_bad_sample_is_named() -> None:
    with pytest.raises(BadSample) as refused:
        samples_of({"samples": [GOOD, {**GOOD, "value": [1, "x"]}]})
    assert refused.value.where == ("samples", 1, "value", 1)


def test_samples_get_the_default_backend_and_keep_what_they_say() -> None:
    entry = {**GOOD, "ts": str(GOOD["ts"]), "pulse_id": 4, "unit": "1", "source": "training", "description": "Loss"}
    assert samples_of({"samples": [entry]}, "here") == [
        Sample("here", "17/loss", "f64", GOOD["ts"], 4, 0.5, None, None, "1", "Loss", "training")
    ]


@settings(max_examples=60)
@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "ts", "value", "type", "id", "desc", "backend", "unit"]), inner, max_size=6)),
    st.sampled_from(TYPES))  # fmt: skip
def test_whatever_comes_is_a_sample_or_refused(entry: object, kind: str) -> None:
    for one in (entry, {**GOOD, "value": entry}, {**GOOD, "type": kind, "value": entry}):
        with suppress(BadSample):
            assert isinstance(sample_of(one), Sample)


@pytest.mark.parametrize(
    ("actor", "readable"),
    [(Actor(id=5), True), (Actor(id=50), False), (ANONYMOUS, False), (Actor(id=1, roles=frozenset({"admin"})), True)],
)
def test_channels_of_a_user_are_read_by_that_user_and_administrators(actor: Actor, readable: bool) -> None:
    assert may_read(actor, "user-5") is readable
    assert may_read(actor, "training")

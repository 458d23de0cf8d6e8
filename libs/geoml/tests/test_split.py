import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoml.split import split_chips, split_error

NAMES = [f"OAM-{x}-{y}-19.tif" for x in range(10, 14) for y in range(5)]


def test_chips_are_on_one_side_each_and_all_are_there():
    split = split_chips(NAMES, {"val_ratio": 0.25, "split_seed": 1})
    assert sorted(split["train_chips"] + split["val_chips"]) == sorted(NAMES)
    assert (split["train_count"], split["val_count"]) == (15, 5)


def test_a_seed_gives_one_split_whatever_the_order_of_names():
    again = split_chips(NAMES[::-1], {"split_seed": 1})
    assert split_chips(NAMES, {"split_seed": 1}) == again
    assert split_chips(NAMES, {"split_seed": 2})["val_chips"] != again["val_chips"]


def test_a_column_can_be_held_back():
    assert split_chips(NAMES, {"split_strategy": "column:12"})["val_chips"] == [n for n in NAMES if "-12-" in n]


def test_named_chips_can_be_held_back():
    assert split_chips(NAMES, {"split_strategy": f"list:{NAMES[3]},{NAMES[0]}"})["val_chips"] == [NAMES[0], NAMES[3]]


def test_the_split_of_a_dataset_counts_unless_another_is_asked_for():
    sides = dict(zip(NAMES, ["train"] * 12 + ["val"] * 5 + ["test"] * 3, strict=True)) | {"gone.tif": "val"}
    split = split_chips(NAMES, {"split_strategy": "chip_holdout", "val_ratio": 0.5}, sides)
    assert (split["strategy"], split["train_chips"], split["val_chips"]) == ("stored", NAMES[:12], NAMES[12:17])
    assert split_chips(NAMES, {"split_strategy": f"list:{NAMES[0]}"}, sides)["val_chips"] == NAMES[:1]
    without = {name: "train" if side == "val" else side for name, side in sides.items()}
    assert split_chips(NAMES, {}, without)["val_chips"] == NAMES[17:]
    with pytest.raises(ValueError, match="none to check"):
        split_chips(NAMES, {}, dict.fromkeys(NAMES, "train"))


@pytest.mark.parametrize("strategy", ["column:99", "list:nobody", "spatial", "column:"])
def test_an_impossible_split_is_an_error(strategy):
    with pytest.raises(ValueError, match=r"split|literal"):
        split_chips(NAMES, {"split_strategy": strategy})


@given(count=st.integers(0, 20), ratio=st.floats(0, 1.5), seed=st.integers(0, 99))
def test_split_error_and_split_agree_on_what_is_too_little(count, ratio, seed):
    values = {"val_ratio": ratio, "split_seed": seed}
    if words := split_error(count, values):
        with pytest.raises(ValueError, match=re.escape(words)):
            split_chips(NAMES[:count], values)
    else:
        split = split_chips(NAMES[:count], values)
        assert min(split["train_count"], split["val_count"]) >= 1


def test_split_error_is_a_sentence_for_a_mapper():
    assert split_error(2, {}) == ""
    assert split_error(1, {}).startswith("The dataset has 1 chip; a training needs at least 2, one to learn from")
    assert "lower val_ratio" in split_error(3, {"val_ratio": 0.9})
    assert split_error(1, {"split_strategy": "column:10"})

import pytest

from geoml.split import split_chips

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


@pytest.mark.parametrize("strategy", ["column:99", "list:nobody", "spatial", "column:"])
def test_an_impossible_split_is_an_error(strategy):
    with pytest.raises(ValueError, match=r"split|empty|literal"):
        split_chips(NAMES, {"split_strategy": strategy})


def test_one_chip_cannot_be_split():
    with pytest.raises(ValueError, match="empty"):
        split_chips(NAMES[:1], {})

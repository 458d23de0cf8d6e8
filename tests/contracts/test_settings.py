"""The table of settings is complete: what fAIr had is there or has a reason, and everything says what it means."""

import pytest

from tests.contracts.fair_settings import ABSENT, FAIR, OTHER_DEFAULT
from tests.contracts.settings import document, readable, settings


@pytest.mark.spec("20.2", "every setting")
def test_settings_of_fair_are_read_or_have_a_reason():
    assert sorted(set(FAIR) - set(readable()) - set(ABSENT)) == []


@pytest.mark.spec("20.2", "defaults")
@pytest.mark.parametrize("name", sorted(set(FAIR) & set(readable())))
def test_default_is_that_of_fair_or_has_a_reason(name: str):
    ours, theirs = readable()[name], FAIR[name]
    same = ours == theirs or _number(ours) == _number(theirs) is not None
    assert same is (name not in OTHER_DEFAULT), (ours, theirs)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def test_every_setting_says_what_it_means():
    assert [name for name, setting in settings().items() if not setting.meaning] == [], "a text below the field"


def test_no_name_is_read_for_two_purposes():
    first = [name for setting in settings().values() for name in setting.names]
    assert len(first) == len(set(first))


def test_table_names_every_setting():
    text = document()
    assert [name for name in (*readable(), *FAIR) if f"`{name}`" not in text] == []

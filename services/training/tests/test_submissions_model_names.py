from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.submissions.model_names import MAX_LENGTH, choose_name, read_name, slug_of

NAMES = st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N", "P", "Zs"]), min_size=1, max_size=250
)  # fmt: skip


@pytest.mark.spec("7.3", "slug of the name")
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Hill Top,  roofs #3", "hill-top-roofs-3"), ("  -Dächer- v.2 ", "dacher-v2"), ("my_roofs", "my_roofs"),
        ("#!?", ""), ("🏠", ""), ("Łódź płaskie dachy", "lodz-plaskie-dachy"), ("भक्तपुर छाना", "bhktpur-chaanaa"),
        ("مدينة", "mdyn"), ("Крыши 7", "kryshi-7"), ("大阪2", "da-ban-2"), ("𞤀𞤁𞤂", "model"),
    ],
)  # fmt: skip
def test_slug_keeps_letters_of_every_script(name, slug):
    assert slug_of(name) == slug


@given(NAMES)
def test_slug_is_its_own_slug_and_empty_only_without_letters(name):
    slug = slug_of(name)
    assert slug_of(slug) == slug
    assert slug.isascii()
    assert len(read_name(name).apart) <= max(MAX_LENGTH, len(slug))
    assert bool(slug) == any(one.isalnum() for one in name)


class Names:
    """A table of names, as the database keeps it."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def model_of(self, name: str) -> str:
        wanted = read_name(name)
        row = choose_name(self.rows, wanted)
        if row is None:
            free = wanted.slug if all(one["name"] != wanted.slug for one in self.rows) else wanted.apart
            row = {"name": free, "spelling": wanted.spelling}
            self.rows.append(row)
        return row["name"]


@pytest.mark.parametrize(
    "names",
    [
        ("東京プロジェクト2", "घर 2", "स्कूल 2"), ("घर", "घरा", "घेर"), ("Réunion", "Reunion"), ("北京", "背景"),
        ("Łódź", "Lodz"), ("a" * 240, "a" * 241), ("🏠 𞤀", "🏠 𞤁"),
    ],
)  # fmt: skip
def test_different_names_are_different_models_and_stay_themselves(names):
    table = Names()
    found = [table.model_of(name) for name in names]
    assert len(set(found)) == len(names)
    assert [table.model_of(name) for name in names] == found
    assert [table.model_of(slug) for slug in found] == found


@settings(deadline=None)
@given(st.lists(NAMES.filter(lambda name: slug_of(name) and slug_of(name) != name), max_size=8))
def test_no_two_spellings_share_a_model(names):
    table = Names()
    found = {name: table.model_of(name) for name in names}
    for one, model in found.items():
        for other, another in found.items():
            assert (model == another) == (read_name(one).spelling == read_name(other).spelling)


@pytest.mark.parametrize("again", ["hill top", "HILL  TOP!", "hill-top", "Hill-Top"])
def test_case_blanks_and_punctuation_do_not_make_another_name(again):
    table = Names()
    assert table.model_of(again) == table.model_of("Hill Top") == "hill-top"


def test_names_that_are_older_keep_their_slug():
    old = {"name": "reunion", "spelling": None}
    assert [choose_name([old], read_name(name)) for name in ("Réunion", "Reunion", "reunion")] == [old] * 3

"""Every line of the fAIr REST specification has a test, or stands on the list that may only shrink."""

from difflib import get_close_matches
from pathlib import Path

from tests.contracts import coverage


def test_nothing_is_uncovered_that_was_not_before():
    assert set(coverage.uncovered()) - set(coverage.allowed()) == set()


def test_the_list_of_the_uncovered_holds_only_them():
    assert set(coverage.allowed()) <= set(coverage.uncovered()), "run `make contracts`"


def test_markers_name_requirements():
    names = [f"{section} {what}" for section, what in coverage.needs()]
    wrong = {f"{s} {w}": get_close_matches(f"{s} {w}", names) for s, w in coverage.unknown()}
    assert not wrong, "add it to fair_requirements.toml, or name one of these"


def test_a_requirement_stands_once():
    assert len(coverage.needs()) == len(set(coverage.needs()))


def test_markers_are_found_wherever_they_stand(tmp_path: Path, monkeypatch):
    path = tmp_path / "tests/test_x.py"
    path.parent.mkdir()
    path.write_text(
        "import pytest\npytestmark = pytest.mark.spec('4', 'area')\n"
        "@pytest.mark.spec('9', 'id, user')\nasync def test_a(): ...\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.spec('10', 'count'))])\ndef test_b(x): ...\n"
    )
    monkeypatch.setattr(coverage, "ROOT", tmp_path)
    a, b = "tests/test_x.py::test_a", "tests/test_x.py::test_b"
    assert coverage.proofs() == {
        ("4", "area"): ["tests/test_x.py"], ("9", "id"): [a], ("9", "user"): [a], ("10", "count"): [b],
    }  # fmt: skip

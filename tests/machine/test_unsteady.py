"""A test that fails in its room and passes alone is named and does not fail `make test`; whatever else fails does."""

from pathlib import Path

import pytest

from tests import rooms

UNSTEADY = """
import pytest
from pathlib import Path

def lose_first(name):
    mark = Path(__file__).with_suffix("." + name)
    ran_before = mark.exists()
    mark.touch()
    assert ran_before, name + " loses first"
"""
RACES = (
    UNSTEADY
    + """
@pytest.fixture
def server():
    yield
    lose_first("end")

def test_races(server):
    lose_first("race")
"""
)
BROKEN = "def test_is_broken():\n    assert not 'always'\n"
PASSES = "def test_passes(): pass\n"
SKIPS = RACES + "    pytest.skip()\n"
MANY = (
    UNSTEADY
    + """
@pytest.mark.parametrize("n", range({count}))
def test_races(n):
    lose_first(str(n))
"""
)
FIXTURE = (
    UNSTEADY
    + """
@pytest.fixture
def server(request):
    lose_first(request.param)

@pytest.mark.parametrize("server", ["a", "b"], indirect=True, ids=["a/b.py::c", "d [e]"])
def test_asks(server): pass
"""
)
SHARED = (
    UNSTEADY
    + """
@pytest.fixture(scope="module")
def training():
    lose_first("training")

@pytest.mark.parametrize("n", range(9))
def test_asks(training, n): pass
"""
)
SAME_WORDS = (
    UNSTEADY
    + """
@pytest.mark.parametrize("n", range(6))
def test_races(n):
    try:
        lose_first(str(n))
    except AssertionError:
        raise AssertionError("too slow") from None
"""
)
NOT_COLLECTED = UNSTEADY + 'lose_first("import")\ndef test_passes(): pass\n'
DIES = "import atexit, os; atexit.register(os._exit, {code})\n"
"""After the summary, when pytest has ended as it should."""
DIES_ONCE = "if not Path(__file__).with_suffix('.race').exists(): " + DIES


class Suite:
    """`make test` of a checkout in which each of these modules is a room."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.patch, self.capsys = folder, patch, capsys

    def run(self, *modules: str) -> tuple[int, str]:
        """Exit code and what was printed."""
        for number, text in enumerate(modules):
            (self.folder / f"test_{number}.py").write_text(text)
        named = [f"test_{number}.py" for number in range(len(modules))]
        self.patch.setenv("PYTHONPATH", str(rooms.ROOT))
        self.patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take a second to import
        for name, value in (
            ("ROOT", self.folder),
            ("FIRST", named),
            ("rooms", list),
            ("LAST", ()),
            ("COMPUTING", ()),
        ):
            self.patch.setattr(rooms, name, value)
        with pytest.raises(SystemExit) as ended:
            rooms.main()
        return int(ended.value.code or 0), self.capsys.readouterr().out.rstrip()


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Suite:
    return Suite(tmp_path, monkeypatch, capsys)


def test_one_that_passes_alone_is_named_with_its_first_failure(suite: Suite):
    code, said = suite.run(RACES + PASSES, PASSES)
    *_, named, sums = said.splitlines()
    assert code == 0
    assert sums == "2 passed, 0 failed, 0 skipped, 1 unsteady"
    assert named.startswith("UNSTEADY ")
    assert named.endswith("test_0.py::test_races")
    said = said[said.index("== unsteady") :]
    assert "race loses first" in said
    assert "end loses first" not in said


def test_one_that_fails_again_fails_the_run_and_the_other_is_named_still(suite: Suite):
    code, said = suite.run(RACES + BROKEN)
    assert code == 1
    assert said.endswith("0 passed, 1 failed, 0 skipped, 1 unsteady, 1 room did not end well")
    assert "test_races" in said[said.index("== unsteady") :]
    assert "UNSTEADY" not in "".join(line for line in said.splitlines() if "test_is_broken" in line)


def test_errors_of_fixtures_run_again_by_their_ids(suite: Suite):
    code, said = suite.run(FIXTURE)
    assert (code, said.splitlines()[-1]) == (0, "0 passed, 0 failed, 0 skipped, 2 unsteady")


def test_those_that_share_what_was_not_made_are_one_error(suite: Suite):
    code, said = suite.run(SHARED)
    assert (code, said.splitlines()[-1]) == (0, "0 passed, 0 failed, 0 skipped, 9 unsteady")


def test_five_of_a_room_run_again(suite: Suite):
    code, said = suite.run(MANY.format(count=5))
    assert (code, said.splitlines()[-1]) == (0, "0 passed, 0 failed, 0 skipped, 5 unsteady")


@pytest.mark.parametrize(
    ("text", "sums"),
    [
        (MANY.format(count=6), "0 passed, 6 failed, 0 skipped"),
        (SAME_WORDS, "0 passed, 6 failed, 0 skipped"),
        (SKIPS, "0 passed, 1 failed, 0 skipped"),
        (RACES + DIES.format(code=-9), "0 passed, 1 failed, 0 skipped"),
        (RACES + DIES_ONCE.format(code=139), "0 passed, 1 failed, 0 skipped"),
        (RACES + DIES.format(code=1), "0 passed, 1 failed, 0 skipped"),
        (PASSES + DIES.format(code=1), "1 passed, 0 failed, 0 skipped"),
        (NOT_COLLECTED, "0 passed, 1 failed, 0 skipped"),
    ],
    ids=[
        "more than five",
        "the same words",
        "skipped alone",
        "killed",
        "crashed once",
        "ends badly",
        "ends badly, passed",
        "not collected",
    ],
)
def test_is_not_forgiven(suite: Suite, text: str, sums: str):
    code, said = suite.run(text)
    assert (code, said.splitlines()[-1]) == (1, f"{sums}, 1 room did not end well")

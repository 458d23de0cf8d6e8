"""A room whose tests do not end fails alone, and says where it hangs."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests import rooms
from tests.results import Outcome

HANGS = """
import subprocess, sys, threading, time

CHILD = "import time\\ndef waits_in_the_child():\\n    time.sleep(600)\\nwaits_in_the_child()"

def waits_in_a_thread():
    time.sleep(600)

def test_passes_and_never_ends(tmp_path):
    threading.Thread(target=waits_in_a_thread).start()
    child = subprocess.Popen([sys.executable, "-c", CHILD])
    open({marker!r}, "w").write(str(child.pid))
"""
LEAVES = """
import subprocess

def test_leaves_a_process():
    open({marker!r}, "w").write(str(subprocess.Popen(["sleep", "600"]).pid))
"""


def room(folder: Path, name: str, text: str) -> tuple[str, Path]:
    marker = folder / f"{name}.pid"
    (folder / f"test_{name}.py").write_text(text.format(marker=str(marker)))
    return f"{folder}/test_{name}.py -p no:cacheprovider", marker


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 10
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        while process.status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
    return True


pytestmark = pytest.mark.timeout(300)
LIMIT = 12.0
OUTSIDE = {"tests/soak", "tests/upgrade"}
"""Folders with tests that `make test` does not run."""


@pytest.fixture(scope="module", autouse=True)
def quick_start() -> Iterator[None]:
    """Without plug-ins pytest starts in a fraction of a second."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


@pytest.mark.parametrize("named", ["waits_in_a_thread", "waits_in_the_child", "did not end within 12 s"])
def test_hanging_room_shows_its_stacks(hung, named: str):
    assert named.lower() in hung.output.lower()


def test_hanging_room_fails_and_is_gone(hung, marker):
    assert hung.code == rooms.HUNG
    assert hung.counts() == {"passed": 1}
    assert is_gone(int(marker.read_text()))


@pytest.fixture(scope="module")
def marker(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("hangs") / "hangs.pid"


@pytest.fixture(scope="module")
def hung(marker: Path) -> Outcome:
    return rooms.run(room(marker.parent, "hangs", HANGS)[0], LIMIT)


def test_what_a_room_leaves_is_ended_and_removed(tmp_path, monkeypatch):
    named, marker = room(tmp_path, "leaves", LEAVES)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert rooms.run(named).code == 0
    assert is_gone(int(marker.read_text()))
    assert list(temporary.iterdir()) == []


def test_other_rooms_go_on(tmp_path, monkeypatch, capsys):
    hangs, passes = room(tmp_path, "hangs", HANGS)[0], room(tmp_path, "passes", "def test_it(): pass")[0]
    monkeypatch.setattr(rooms, "FIRST", (hangs, passes))
    monkeypatch.setattr(rooms, "rooms", lambda: [])
    monkeypatch.setattr(rooms, "LAST", (passes,))
    monkeypatch.setattr(rooms, "COMPUTING", ())
    monkeypatch.setattr(rooms, "LIMIT", LIMIT)
    with pytest.raises(SystemExit) as ended:
        rooms.main()
    said = capsys.readouterr().out
    assert ended.value.code
    assert "THIS ROOM DID NOT END" in said
    assert said.rstrip().endswith("3 passed, 0 failed, 0 skipped, 1 room did not end well")


def test_every_folder_of_tests_is_a_room():
    named = " ".join([*rooms.FIRST, *rooms.rooms(), *rooms.COMPUTING, *rooms.LAST]).split()
    folders = {path.parent.relative_to(rooms.ROOT) for path in rooms.ROOT.glob("[a-z]*/**/test_*.py") if is_ours(path)}
    assert {str(one) for one in folders if not any(one.is_relative_to(name) for name in named)} == OUTSIDE


def is_ours(path: Path) -> bool:
    return not {"node_modules", "build"} & set(path.parts)


GIVES_WAY = """
import os
from pathlib import Path

def test_has_low_priority():
    assert os.nice(0) == 10
    group = Path("/proc/self/autogroup")
    assert not group.exists() or group.read_text().split()[-1] == "10"
"""


def test_room_that_only_computes_gives_way_to_others(tmp_path, monkeypatch):
    named, _ = room(tmp_path, "gives_way", GIVES_WAY)
    assert rooms.run(named).counts() == {"failed": 1}
    monkeypatch.setattr(rooms, "COMPUTING", (named,))
    assert rooms.run(named).counts() == {"passed": 1}


def test_room_that_passed_says_what_took_long(capsys):
    costs = "7.10s setup    a.py::test_b\n(4 durations < 5s hidden)\n3s of CPU, with"
    said = f"...\n== slowest 5 durations ==\n{costs}\n2 passed in 9.00s"
    rooms.show(Outcome("a", 9.0, 0, said, {}))
    shown = ["7.10s setup    a.py::test_b", "3s of CPU, with", "2 passed in 9.00s"]
    assert capsys.readouterr().out.splitlines() == ["== a (9 s)", *shown]

"""The parent of all rooms: what its children share, what each has for itself, and how they end."""

from pathlib import Path

import psutil
import pytest
from tenacity import retry, stop_after_delay, wait_fixed

from stack import pids, run
from stack.home import Home
from stack.preforked import PARENT, daemons, wanted
from stack.processes import NotReady

TOY = """
import os, signal, sys
from prometheus_client import REGISTRY
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
print("environment", os.environ.get("SECRET"), flush=True)
print("metrics", *[m.name for m in REGISTRY.collect() if m.name.startswith("toy")], flush=True)
if "heap" in sys.argv:
    import ctypes

    class Info(ctypes.Structure):
        _fields_ = [(f"of_{n}", ctypes.c_size_t) for n in range(10)]

    libc = ctypes.CDLL(None)
    libc.mallinfo2.restype = Info
    bytearray(8 << 20)
    before = libc.mallinfo2().of_3
    block = bytearray(4 << 20)
    print("mapped", libc.mallinfo2().of_3 - before, flush=True)
if "fail" in sys.argv:
    sys.exit("it cannot be")
if "once" not in sys.argv:
    print("ended by", int(signal.sigwait([signal.SIGTERM])))
"""
METRIC = "from prometheus_client import Counter\nSEEN = Counter('{0}_seen', 'How often.')\n"
LIMIT = 60


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With two rooms, `toy_one` and `toy_two`, and `threaded`, which starts a thread when it is imported."""
    for room in ("toy_one", "toy_two"):
        folder = tmp_path / "rooms" / room
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "main.py").write_text(METRIC.format(room))
        (folder / "__main__.py").write_text(TOY)
    threaded = tmp_path / "rooms" / "threaded"
    threaded.mkdir()
    (threaded / "main.py").write_text("import threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "rooms"))
    home = Home(tmp_path / "home")
    yield home
    run.down(home=home)


def child(home: Home, room: str, *words: str, **env: str) -> daemons.Forked:
    return daemons.Forked(room, [room, *words], env, home=home, limit=LIMIT)


@pytest.fixture
def both(home: Home) -> list[daemons.Forked]:
    daemons.parent(home, ["toy_one", "toy_two"]).start()
    two = [child(home, "toy_one", SECRET="of one"), child(home, "toy_two")]
    for one in two:
        one.start()
        said(home, one.name, "metrics")
    return two


@retry(stop=stop_after_delay(LIMIT), wait=wait_fixed(0.02))
def said(home: Home, room: str, words: str) -> str:
    text = home.log(room).read_text()
    assert words in text
    return text


def test_what_is_set_for_one_room_is_known_to_no_other(home: Home, both: list[daemons.Forked]):
    said(home, "toy_one", "environment of one")
    said(home, "toy_two", "environment None")
    parent = pids.find(home, PARENT)
    assert parent
    assert "of one" not in parent.environ().values()
    assert (wanted.folder_of(home) / "toy_one.json").stat().st_mode & 0o077 == 0


def test_a_room_shows_its_own_metrics(home: Home, both: list[daemons.Forked]):
    assert "toy_two" not in said(home, "toy_one", "metrics toy_one_seen")
    assert "toy_one" not in said(home, "toy_two", "metrics toy_two_seen")


def test_a_room_that_was_killed_is_started_anew(home: Home, both: list[daemons.Forked]):
    first, other = both[0].pid, both[1].pid
    both[0].kill()
    assert both[0].start().pid != first
    assert both[1].pid == other
    assert "toy_one ended with -9" in home.log(PARENT).read_text()


def test_a_room_that_was_stopped_stays_so(home: Home, both: list[daemons.Forked]):
    both[0].stop()
    said(home, "toy_one", "ended by 15")
    both[1].kill()
    both[1].start()
    assert both[0].pid is None


def test_rooms_end_in_order_with_their_parent(home: Home, both: list[daemons.Forked]):
    family = [psutil.Process(one.pid) for one in both]
    run.down(home=home)
    for room in ("toy_one", "toy_two"):
        said(home, room, "ended by 15")
    assert not any(one.is_running() for one in family)


def test_no_room_outlives_a_parent_that_was_killed(home: Home, both: list[daemons.Forked]):
    family = [psutil.Process(one.pid) for one in both]
    psutil.Process(daemons.parent(home).pid).kill()
    assert psutil.wait_procs(family, LIMIT)[1] == []
    assert both[0].pid is None
    with pytest.raises(NotReady, match="parent of all rooms has ended"):
        both[0].start()


def test_a_program_runs_once_or_says_why_not(home: Home, both: list[daemons.Forked]):
    daemons.Once("good", ["toy_one", "once"], home=home, limit=LIMIT).start()
    with pytest.raises(NotReady, match="it cannot be"):
        daemons.Once("bad", ["toy_one", "fail"], home=home, limit=LIMIT).start()
    assert not {"good", "bad"} & wanted.names(wanted.folder_of(home))


def test_one_that_ends_well_between_two_looks_at_it_has_ended_well(home: Home, monkeypatch: pytest.MonkeyPatch):
    daemons.parent(home, ["toy_one"]).start()
    codes = iter(["", "0", "0"])
    monkeypatch.setattr(wanted, "ended", lambda *_: next(codes))
    daemons.Once("good", ["toy_one", "once"], home=home, limit=LIMIT).start()


@pytest.mark.parametrize(("env", "mapped"), [({}, 0), ({"MALLOC_MMAP_THRESHOLD_": "1048576"}, 1)])
def test_a_room_gives_large_memory_back_where_it_shall(home: Home, env: dict[str, str], mapped: int):
    """Without the setting the heap keeps what was freed once, and the next block comes out of it."""
    daemons.parent(home, ["toy_one"]).start()
    child(home, "toy_one", "heap", **env).start()
    said(home, "toy_one", f"mapped {mapped}")


def test_nothing_is_forked_beside_a_thread(home: Home):
    daemons.parent(home, ["threaded"]).start()
    with pytest.raises(NotReady, match="has ended"):
        child(home, "threaded").start()
    assert "2 threads after the imports" in home.log(PARENT).read_text()

"""Daemons: one per name, found again, never mistaken for another process."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from stack import pids
from stack.home import Home
from stack.processes import Daemon, NotReady
from stack.waiting import told


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    yield home
    for name in pids.running(home):
        pids.stop(home, name)


def test_start_twice_is_one_process(home, sleeper):
    first = Daemon("one", sleeper, home=home).start().pid
    assert Daemon("one", sleeper, home=home).start().pid == first


def test_daemon_outlives_its_starter(home):
    script = "from stack.home import Home; from stack.processes import Daemon; from pathlib import Path; import sys;"
    script += "Daemon('one', ['sleep', '300'], home=Home(Path(sys.argv[1]))).start()"
    subprocess.run([sys.executable, "-c", script, str(home.path)], check=True, timeout=60)
    assert pids.find(home, "one")


def test_daemon_is_out_of_reach_of_the_terminals_signals(home, sleeper):
    pid = Daemon("one", sleeper, home=home).start().pid
    assert os.getsid(pid) == pid


def test_stop_ends_children_too(home):
    Daemon(
        "parent", ["sh", "-c", "sleep 300 & wait"], ready=lambda: bool(pids.find(home, "parent").children()), home=home
    ).start()
    family = [pids.find(home, "parent"), *pids.find(home, "parent").children()]
    pids.stop(home, "parent")
    assert len(family) == 2
    assert not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in family)


def test_stubborn_daemon_is_killed(home):
    marker = home.path / "ready"
    daemon = Daemon(
        "mule", ["sh", "-c", f"trap '' TERM; touch {marker}; while :; do sleep 1; done"], ready=marker.exists, home=home
    )
    daemon.start()
    daemon.stop(patience=0.3)
    assert daemon.pid is None


def test_kill_leaves_the_name_free(home, sleeper):
    daemon = Daemon("one", sleeper, home=home).start()
    first = daemon.pid
    daemon.kill()
    assert daemon.pid is None
    assert daemon.start().pid != first


def test_recycled_pid_is_never_touched(home, sleeper):
    stranger = subprocess.Popen(sleeper)
    try:
        with home.remember() as memory:
            memory["processes"] = {"one": {"pid": stranger.pid, "born": 1.0, "signal": 15}}
        assert pids.find(home, "one") is None
        pids.stop(home, "one")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_early_death_is_told_with_the_log(home):
    with pytest.raises(NotReady, match="no such port"):
        Daemon("bad", ["sh", "-c", "echo no such port; exit 3"], ready=lambda: False, home=home).start()


def test_silence_has_a_limit(home, sleeper):
    with pytest.raises(NotReady, match=r"within 0 s"):
        Daemon("mute", sleeper, ready=lambda: False, limit=0.3, home=home).start()


def test_one_that_does_not_get_ready_is_stopped_again(home, sleeper):
    daemon = Daemon("mute", sleeper, ready=lambda: False, limit=0.3, home=home)
    with pytest.raises(NotReady):
        daemon.start()
    assert daemon.pid is None


def test_one_that_ran_before_is_left_alone(home, sleeper):
    before = Daemon("one", sleeper, home=home).start().pid
    with pytest.raises(NotReady):
        Daemon("one", sleeper, ready=lambda: False, limit=0.3, home=home).start()
    assert pids.find(home, "one").pid == before


def test_wait_says_what_it_waits_for(capsys):
    with told("waiting for the ferry", every=0.05):
        time.sleep(0.2)
    assert capsys.readouterr().err.count("waiting for the ferry: 0 s") >= 2


def test_env_is_added_to_the_callers(home):
    argv = ["sh", "-c", "echo $COLOUR $PATH; sleep 300"]
    Daemon("env", argv, {"COLOUR": "teal"}, ready=lambda: "teal" in home.log("env").read_text(), home=home).start()
    assert os.environ["PATH"] in home.log("env").read_text()

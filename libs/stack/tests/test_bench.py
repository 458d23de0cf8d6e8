"""The bench leaves nothing behind, also when one of its servers does not start."""

import os

import pytest

from stack import pids, run
from stack.bench.system import system
from stack.processes import Daemon, NotReady


@pytest.mark.timeout(120)
def test_servers_are_stopped_when_one_does_not_start(home, sleeper, monkeypatch):
    started = []

    def well(home, ask):
        started.append(Daemon("nats", sleeper, home=home).start().pid)
        return {}

    def badly(home, ask):
        ask("nats")
        Daemon("postgres", ["sh", "-c", "echo no room; exit 3"], ready=lambda: False, home=home).start()
        return {}

    servers = {"nats": well, "postgres": badly, "s3": lambda home, ask: {}, "stac": lambda home, ask: {}}
    monkeypatch.setattr(run, "SERVERS", servers)
    monkeypatch.setattr(run, "NEEDS", {})
    monkeypatch.setattr(run.install, "packages", lambda wanted: None)
    with pytest.raises(NotReady, match="no room"), system(home):
        pass
    assert len(started) == 1
    assert not pids.running(home)
    assert not os.path.exists(f"/proc/{started[0]}")

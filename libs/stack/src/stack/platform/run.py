"""Bringing our own processes up and down."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contracts.nats_permissions import PROVISION
from stack import run as servers
from stack.home import REPOSITORY, Env, Home, StackError
from stack.platform.settings import ROOMS, SANDBOX, WORKERS, bus, of_room
from stack.processes import Daemon
from stack.ready import http_ok
from stack.sandbox.start import sandbox
from stack.waiting import told

Progress = Callable[[str, float], None]
PREPARE_LIMIT = 600


def up(data: Path | None = None, progress: Progress | None = None, home: Home | None = None) -> Env:
    """Everything, in the order of need; what runs already is kept. `data` is a folder of real imagery."""
    home = home or Home.default()
    say = progress or (lambda name, seconds: None)
    env = servers.up(None, progress, home)
    sandboxes(home, data, say)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda room: _prepared(home, env, say, room), _not_running(home)))
    daemons = [service(home, env, room) for room in ROOMS] + [worker(home, env, room) for room in WORKERS]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda daemon: timed(daemon.name, say, daemon.start), daemons))
    return env


def sandboxes(home: Home, data: Path | None, say: Progress) -> None:
    """The imagery and the labels follow `data`: servers of another place are started anew."""
    with home.remember() as memory:
        moved = memory.get("place") != str(data)
        memory["place"] = str(data)
    folders = {"files": home.folder("models"), "tiles": data, "rawdata": data}

    def start(name: str) -> None:
        daemon, _ = sandbox(name, folders.get(name), home)
        if moved and name in ("tiles", "rawdata"):
            daemon.stop()
        timed(f"sandbox {name}", say, daemon.start)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(start, SANDBOX))


def _not_running(home: Home) -> list[str]:
    return [room for room in ROOMS if Daemon(room, [], home=home).pid is None]


def _prepared(home: Home, env: Env, say: Progress, room: str) -> None:
    timed(f"prepare {room}", say, lambda: prepare(home, env, room))


def prepare(home: Home, env: Env, room: str) -> None:
    """Migrations, streams, durables, and the administrator; StackError with the end of what it said."""
    _ours(home, env, room, [room, "migrate", "provision"])
    if room == "gateway":
        _ours(home, env, room, ["gateway.grant_admin", "1", "dev-user"])


def _ours(home: Home, env: Env, room: str, module: list[str]) -> None:
    own = {**of_room(home, env, room), "NATS__URL": bus(env, PROVISION)}
    with told(f"preparing {room}"):
        done = subprocess.run(
            [sys.executable, "-m", *module], cwd=REPOSITORY, env={**os.environ, **own},
            capture_output=True, text=True, timeout=PREPARE_LIMIT, check=False,
        )  # fmt: skip
    if done.returncode:
        raise StackError(f"{room} could not be prepared:\n{(done.stdout + done.stderr)[-2000:]}")


def service(home: Home, env: Env, room: str) -> Daemon:
    return _daemon(home, room, [room], of_room(home, env, room))


def worker(home: Home, env: Env, room: str, number: int = 1) -> Daemon:
    """Takes jobs of every group: one interactive and one bulk job at a time."""
    name = f"{room}-worker-{number}"
    return _daemon(home, name, [room, "worker"], of_room(home, env, room, name))


def _daemon(home: Home, name: str, module: list[str], env: Env) -> Daemon:
    ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
    return Daemon(name, [sys.executable, "-m", *module], env=env, ready=ready, cwd=REPOSITORY, home=home)


def timed(name: str, say: Progress, call: Callable[[], object]) -> None:
    started = time.monotonic()
    call()
    say(name, time.monotonic() - started)

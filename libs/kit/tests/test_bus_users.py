"""A service as a user of the bus: what it may not do is in its log, its password is nowhere."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kit.settings import ServiceSettings
from kit.testing import free_port

PASSWORD = "5ecretOfTheToy"
LIMIT = 20.0
CONFIG = """listen: "127.0.0.1:{port}"
authorization {{ users: [
  {{ user: toy, password: {password}, permissions: {{ publish: "nothing", subscribe: "_INBOX.toy.>" }} }}
] }}
"""


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """Host and port of a server that knows nobody but the toy, and lets it say nothing."""
    port, config = free_port(), tmp_path / "nats.conf"
    config.write_text(CONFIG.format(port=port, password=PASSWORD))
    server = subprocess.Popen([Path(sys.executable).with_name("nats-server"), "-c", config], stderr=subprocess.DEVNULL)
    yield f"127.0.0.1:{port}"
    server.terminate()
    server.wait(5)


@pytest.fixture
def said(spawn: Callable, tmp_path: Path) -> Callable[..., str]:
    """Starts the toy with an address of the bus; once `words` are there, all that it has said, in its log and over
    HTTP."""

    def hear(url: str, *words: str) -> str:
        port, log = free_port(), tmp_path / "toy.log"
        process = spawn("serve", log=log, NATS__URL=url, HTTP__PORT=str(port))
        end, text = time.monotonic() + LIMIT, ""
        while not all(w in text for w in words) and process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
            text = log.read_text() + _answers(port)
        assert [w for w in words if w not in text] == []
        return text

    return hear


def _answers(port: int) -> str:
    try:
        return "".join(
            httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).text for path in ("/readyz", "/metrics")
        )
    except httpx.TransportError:
        return ""


def test_a_bus_that_is_away_is_named_without_the_password(said: Callable):
    port = free_port()
    reason = f"The message bus at 127.0.0.1:{port} is not reachable."
    assert PASSWORD not in said(f"nats://toy:{PASSWORD}@127.0.0.1:{port}", reason, "nats.unreachable")


@pytest.mark.parametrize("wrong", [f"{PASSWORD}x", f"{PASSWORD}/x", f"{PASSWORD}#x", f"%{PASSWORD}"])
def test_a_wrong_password_is_not_told(said: Callable, guarded: str, wrong: str):
    assert PASSWORD not in said(f"nats://toy:{wrong}@{guarded}", "nats.", "is not reachable")


def test_what_the_server_refuses_is_in_the_log(said: Callable, guarded: str):
    text = said(f"nats://toy:{PASSWORD}@{guarded}", "nats.error", "permissions violation for publish")
    assert PASSWORD not in text


def test_settings_hide_the_password():
    settings = ServiceSettings.model_validate(
        {"DATABASE_URL": "postgresql://h/d", "NATS__URL": f"nats://toy:{PASSWORD}@h"}
    )
    assert PASSWORD not in repr(settings) + str(settings.model_dump())

from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.testing import Room, caller, database_url, nats_url, postgres_url, running, settings
from notify.main import build
from notify.settings import Settings
from stack.home import Home
from stack.sandbox.start import sandbox

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """A real SMTP sink: the HTTP address where its messages show, and its SMTP port."""
    home = Home(Path(tmp_path_factory.mktemp("sink")))
    daemon, address = sandbox("smtp", home=home)
    daemon.start()
    yield address, home.port("sandbox-smtp-mail")
    daemon.stop()


@pytest.fixture(scope="session")
def room(mailbox: tuple[str, int]) -> Room:
    environment = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(mailbox[1]), "EMAIL_USE_TLS": "false"}
    return Room("notify", build, Settings, environment=environment)

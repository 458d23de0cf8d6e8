"""The whole of Fairway, once for all tests of this folder: backing servers, sandbox, five services, workers."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairway import Fairway
from stack import run as servers
from stack.home import Env, Home
from stack.platform import run
from stack.platform.settings import public_url

VIOLATION = re.compile("(permissions|authorization|publish|subscription) violation", re.IGNORECASE)
DATA = Path(__file__).parents[3] / "shared" / "data" / "banepa"


@dataclass(frozen=True)
class Platform:
    home: Home
    env: Env
    data: Path | None

    @property
    def url(self) -> str:
        return public_url(self.home)

    @property
    def token(self) -> str:
        return self.home.secret("dev-token")

    def refused(self) -> list[str]:
        """What somebody tried on the bus that is not his to do, as the services and the server have written it down:
        such a message is dropped, and its sender goes on."""
        logs = {path.name: path.read_text(errors="replace") for path in (self.home.path / "logs").glob("*.log")}
        lines = [(name, line) for name, text in logs.items() for line in text.splitlines()]
        return [f"{name}: {line}" for name, line in lines if VIOLATION.search(line)]

    def client(self, person: str | None = None) -> Fairway:
        """The administrator of the sandbox, or `<id>:<name>`."""
        return Fairway(self.url, self.token, {"X-Dev-User": person} if person else None)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    home = Home.default()
    data = DATA if DATA.exists() else None
    env = run.up(data, home=home)
    yield Platform(home, env, data)
    if not os.environ.get("FAIRWAY_KEEP"):
        servers.down(home=home)

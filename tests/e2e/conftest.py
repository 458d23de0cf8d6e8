"""The whole of Fairway, once for all tests of this folder: backing servers, sandbox, five services, workers."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fairway import Fairway
from stack import run as servers
from stack.home import Env, Home
from stack.platform import run
from stack.platform.settings import public_url

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

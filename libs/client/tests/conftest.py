"""The client and its command line before a small gateway."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairway import Fairway
from fairway.cli import session

sys.path.insert(0, str(Path(__file__).parent))
from small_gateway import Gateway


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    gateway = Gateway()
    yield gateway
    gateway.server.shutdown()


@pytest.fixture
def fairway(gateway: Gateway) -> Iterator[Fairway]:
    with Fairway(gateway.url, "secret") as fairway:
        yield fairway


@pytest.fixture
def at_home(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Gateway:
    """The command line is logged in at the small gateway."""
    monkeypatch.setattr(session, "FILE", tmp_path / "login.json")
    for name in ("FAIRWAY_URL", "FAIRWAY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    session.save(gateway.url, "secret")
    return gateway

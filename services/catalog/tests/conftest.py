import pytest

from catalog.main import build
from catalog.settings import Settings
from kit.testing import Room, caller, database_url, nats_url, postgres_url, running, settings

__all__ = ["caller", "database_url", "nats_url", "postgres_url", "running", "settings"]


@pytest.fixture(scope="session")
def room() -> Room:
    return Room("catalog", build, Settings, extensions=("postgis",))

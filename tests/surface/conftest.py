"""One Fairway for all tests of this folder, which everybody of them has visited.

FAIRWAY_SURFACE names a folder whose servers are kept for the next time.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stack.bench.system import System
from stack.home import Home
from stack.testing import own_home
from tests.surface.people import Who, headers
from tests.surface.rows import Rows
from tests.surface.system import kept, system


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    folder = os.environ.get("FAIRWAY_SURFACE")
    start = kept(Home(Path(folder))) if folder else system(own_home(tmp_path_factory.mktemp("surface")))
    with start as running:
        for who in Who:
            httpx.get(f"{running.url}/auth/status/", headers=headers(who, running.token), timeout=30).raise_for_status()
        yield running


@pytest.fixture(scope="session")
def rows(running: System) -> Iterator[Rows]:
    rows = Rows(running)
    yield rows
    rows.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Odd input comes last: it uses up the limit of verification mails, which no setting lifts."""
    items.sort(key=lambda item: item.path.name == "test_openapi.py")

"""Fixtures of tests that need a backing server, and homes. A `tests/conftest.py` imports those that it uses."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.testing import temporary_database
from stack.home import Home
from stack.run import up

DEAR = ("envs", "tiles")
"""Environments of servers and painted imagery take long to make, and are the same in all homes."""


def own_home(folder: Path) -> Home:
    """A home in `folder`, for servers that others must not stop or see; what is dear is that of the default home."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in DEAR:
        if not (folder / name).exists():
            (folder / name).symlink_to(Home.default().folder(name))
    return Home(folder)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Returns a superuser's address: FAIRWAY_PG_ADMIN_URL, else the embedded stack's PostgreSQL, started when it is not
    up."""
    return os.environ.get("FAIRWAY_PG_ADMIN_URL") or up({"postgres"})["FAIRWAY_PG_ADMIN_URL"]


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The address of a database of the test's own with nothing in it, a superuser's."""
    with temporary_database(postgres_url, "empty") as url:
        yield url

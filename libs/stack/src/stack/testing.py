"""Fixtures of tests that need a backing server. A `tests/conftest.py` imports those that it uses."""

import os
from collections.abc import Iterator

import pytest

from kit.testing import temporary_database
from stack.run import up


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

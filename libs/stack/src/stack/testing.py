"""Fixtures of tests that need a backing server. A `tests/conftest.py` imports those that it uses."""

import os

import pytest

from stack.run import up


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Returns a superuser's address: FAIRWAY_PG_ADMIN_URL, else the embedded stack's PostgreSQL, started when it is not
    up."""
    return os.environ.get("FAIRWAY_PG_ADMIN_URL") or up({"postgres"})["FAIRWAY_PG_ADMIN_URL"]

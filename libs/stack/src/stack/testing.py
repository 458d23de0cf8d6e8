"""Fixtures of tests that need a backing server. A `tests/conftest.py` imports those that it uses."""

import os
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from stack.run import up


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Returns a superuser's address: FAIRWAY_PG_ADMIN_URL, else the embedded stack's PostgreSQL, started when it is not
    up."""
    return os.environ.get("FAIRWAY_PG_ADMIN_URL") or up({"postgres"})["FAIRWAY_PG_ADMIN_URL"]


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """The address of a database of the test's own with nothing in it, a superuser's."""
    name, place = f"test_empty_{uuid4().hex[:8]}", conninfo_to_dict(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(SQL("create database {}").format(Identifier(name)))
        try:
            yield f"postgresql://{place['user']}:{place.get('password', '')}@{place['host']}:{place['port']}/{name}"
        finally:
            admin.execute(SQL("drop database {} with (force)").format(Identifier(name)))

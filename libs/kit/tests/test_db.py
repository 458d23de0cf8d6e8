"""What a restart of PostgreSQL and a database that is away cost."""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from kit.db.database import RECONNECT, Database
from kit.testing import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_after_a_restart_one_caller_sees_an_error(database_url):
    db = Database(database_url, pool_min=6)
    await db.open()
    await db.pool.wait(10)
    try:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        results = [await db.ping() for _ in range(6)]
        assert results == [False] + [True] * 5
    finally:
        await db.close()


@pytest.fixture
def other(postgres_url: str) -> Iterator[str]:
    """Name of a database of its own."""
    name = f"kit_{uuid4().hex[:12]}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"create database {name}")
        yield name
        admin.execute(f"drop database {name} with (force)")


async def test_database_that_was_away_is_reached_at_once(other, postgres_url):
    """However long it was away: a pool that waits twice as long at each try would come back as late again."""
    db = Database(f"{postgres_url.rsplit('/', 1)[0]}/{other}")
    await db.open()
    await db.pool.wait(10)
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f"alter database {other} with allow_connections false")
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (other,))
        asked = [asyncio.create_task(_asking(db)) for _ in range(4)]
        await asyncio.wait(asked, timeout=8.0)
        admin.execute(f"alter database {other} with allow_connections true")
    try:
        await eventually(db.ping, RECONNECT + 2.0)
    finally:
        for task in asked:
            task.cancel()
        await db.close()


async def _asking(db: Database) -> None:
    while True:
        await db.ping()
        await asyncio.sleep(0.2)

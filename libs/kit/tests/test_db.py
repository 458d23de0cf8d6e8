"""What a restart of PostgreSQL costs."""

import psycopg
import pytest

from kit.db import Database

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

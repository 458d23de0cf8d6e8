"""Compiled statements: constants in their text, plans that serve any number of rows."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import BigInteger, Text, bindparam, func, literal, select, text

from kit.db.database import Database
from kit.db.sql import CompiledQuery, asked_rows

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.usefixtures("running")]
TIMES = 12
"""PostgreSQL compares plans for the values at hand with one for any after the fifth execution."""


@pytest_asyncio.fixture(loop_scope="session")
async def db(database_url: str) -> AsyncIterator[Database]:
    db = Database(database_url, pool_min=1, pool_max=2)
    await db.open()
    yield db
    await db.close()


async def test_lists_are_planned_once(db: Database):
    """Of one row each, where each row costs much: a plan for one row always seems better than one for any number."""
    asked = asked_rows(wanted=BigInteger)
    costly = select(func.count()).select_from(text("pg_proc")).where(text("pg_proc.oid > wanted")).scalar_subquery()
    found = CompiledQuery(select(asked.c.number, costly.label("found")).select_from(asked))
    async with db.raw() as connection:
        for _ in range(TIMES):
            await found.rows(connection, wanted=[0])
        plans = "select sum(generic_plans), sum(custom_plans) from pg_prepared_statements where statement like %s"
        reused, anew = await (await connection.execute(plans, ["%pg_proc%unnest%"])).fetchone() or (0, 0)
    assert (reused > 0, anew <= 5) == (True, True)


@pytest.mark.parametrize("said", ["100 %", "%(name)s", "it's", "%%b", "back\\slash"])
async def test_constants_keep_what_they_say(db: Database, said: str):
    query = CompiledQuery(select(func.concat(literal(said), bindparam("name", type_=Text))))
    async with db.raw() as connection:
        assert await query.value(connection, name="!") == f"{said}!"


async def test_a_list_may_be_empty(db: Database):
    asked = asked_rows(wanted=BigInteger)
    async with db.raw() as connection:
        assert await CompiledQuery(select(asked.c.number)).rows(connection, wanted=[]) == []

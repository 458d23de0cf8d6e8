"""Group commit: who shares a transaction with a broken statement must not feel it."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio
from psycopg.errors import UniqueViolation
from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.schema import CreateTable

from kit.db.database import Database
from kit.db.sql import SqlFragment
from kit.db.sql import insert as insert_row
from kit.errors import Unavailable

pytestmark = pytest.mark.asyncio(loop_scope="session")


def insert(number: int) -> list[SqlFragment]:
    return [SqlFragment("insert into grouped (id) values (%s)", (number,))]


@pytest_asyncio.fixture(loop_scope="session")
async def db(database_url: str) -> AsyncIterator[Database]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop table if exists grouped")
        connection.execute("create table grouped (id int primary key, by xid8 default pg_current_xact_id())")
    db = Database(database_url)
    await db.open()
    yield db
    await db.close()


async def rows(db: Database) -> list[tuple]:
    async with db.raw() as connection:
        return await (await connection.execute("select id, by::text from grouped order by id")).fetchall()


async def write_all(db: Database, numbers: list[int]) -> list[BaseException | None]:
    writes = (db.commits.write(insert(number)) for number in numbers)
    return await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 20)


async def test_what_comes_together_is_committed_together(db):
    assert await write_all(db, list(range(100))) == [None] * 100
    written = await rows(db)
    assert [number for number, _ in written] == list(range(100))
    assert len({transaction for _, transaction in written}) < 20


async def test_only_the_one_at_fault_sees_its_error(db):
    await write_all(db, [7])
    results = await write_all(db, list(range(20)))
    assert isinstance(results.pop(7), UniqueViolation)
    assert results == [None] * 19
    assert [number for number, _ in await rows(db)] == list(range(20))


async def test_the_others_still_share_a_commit(db):
    await write_all(db, [100])
    assert [type(result) for result in await write_all(db, [0, 100, *range(1, 30)])].count(UniqueViolation) == 1
    assert len({transaction for number, transaction in await rows(db) if number != 100}) <= 3


async def test_who_gave_up_is_not_written(db):
    first = [asyncio.ensure_future(db.commits.write(insert(number))) for number in range(40)]
    await asyncio.sleep(0)
    first[39].cancel()
    await asyncio.wait_for(asyncio.gather(*first, return_exceptions=True), 20)
    assert [number for number, _ in await rows(db)] == list(range(39))


async def test_a_pool_that_stays_empty_is_told_to_everybody(database_url):
    db = Database(database_url.replace("127.0.0.1", "127.0.0.2").replace("localhost", "127.0.0.2"))
    await db.open()
    try:
        results = await write_all(db, list(range(10)))
    finally:
        await db.close()
    assert {type(result) for result in results} == {Unavailable}


THINGS = Table(
    "things", MetaData(), Column("id", Integer, primary_key=True), Column("facts", JSONB), Column("size", Float),
    Column("mark", UUID(as_uuid=True)), Column("name", Text), Column("raw", LargeBinary), Column("tags", ARRAY(Text)),
)  # fmt: skip
PLAIN = Table("plain_things", MetaData(), *(Column(one.name, one.type) for one in THINGS.columns if one.name != "tags"))


@pytest.fixture
def things(database_url: str):
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("drop table if exists things, plain_things")
        for table in (THINGS, PLAIN):
            connection.execute(str(CreateTable(table).compile(dialect=postgresql.dialect())))  # type: ignore[arg-type]
        connection.execute("alter table plain_things add primary key (id)")
        yield lambda name: connection.execute(f"select * from {name} order by id").fetchall()  # type: ignore[arg-type]


@pytest.mark.parametrize("table", [THINGS, PLAIN])
async def test_rows_arrive_as_they_are(db, things, table: Table):
    """Values of all kinds, nulls among them, in columns of nulls only, in arrays; numbers of both kinds in one."""
    mark = uuid4()
    rows = [
        {"id": number, "facts": [{"a": [1, None]}, None][number % 2], "size": [1.5, 2][number % 2], "mark": mark,
         "name": None, "raw": b"\x00x", **({"tags": ["a", "b"]} if table is THINGS else {})}
        for number in range(9)
    ]  # fmt: skip
    writes = (db.commits.write([insert_row(table, one)]) for one in rows)
    assert await asyncio.gather(*writes) == [None] * 9
    found = things(table.name)
    assert [row[0] for row in found] == list(range(9))
    assert found[2][1:6] == ({"a": [1, None]}, 1.5, mark, None, b"\x00x")
    assert found[3][2] == 2
    assert table is PLAIN or found[3][6] == ["a", "b"]

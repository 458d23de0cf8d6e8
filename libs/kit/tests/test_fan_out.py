"""Fan-out and join on a real database: parts end in any order, several times, at once; one finaliser finishes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from toy import Grind

from kit.db.database import Database
from kit.errors import NotFound
from kit.jobs import fan_out
from kit.messaging.tx import Tx, transaction

pytestmark = pytest.mark.live
PARTS = 12


@pytest_asyncio.fixture
async def db(database_url: str, schema: None) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest_asyncio.fixture
async def started(db: Database) -> UUID:
    key = uuid4()
    async with transaction(db, "toy", None) as tx:
        await fan_out.start(key, [Grind(name=f"{key} {number}") for number in range(PARTS)], tx)
    return key


async def within(db: Database, change: Callable, *args, **options):
    async with transaction(db, "toy", None) as tx:
        return await change(*args, tx, **options)


async def record(db: Database, key: UUID) -> tuple:
    found = await within(db, fan_out.progress, key)
    return found.state, found.total, found.done, found.failed


async def test_start_emits_every_job_with_the_record(db, started: UUID, sql):
    assert await record(db, started) == ("running", PARTS, 0, 0)
    assert sql("select count(*) from outbox where convert_from(data, 'UTF8') like %s", f"%{started}%") == [(PARTS,)]
    with pytest.raises(NotFound):
        await record(db, uuid4())
    with pytest.raises(ValueError, match="at least one"):
        await within(db, fan_out.start, uuid4(), [])


async def test_exactly_one_part_is_the_last_and_one_finaliser_finishes(db, started: UUID):
    """Each part ends three times, all at once."""
    ends = [within(db, fan_out.end_part, started, number, {"n": number}) for number in range(PARTS)]
    again = [within(db, fan_out.end_part, started, number, "again") for number in range(PARTS) for _ in range(2)]
    last = await asyncio.gather(*ends, *again)
    assert last.count(True) == 1
    assert await record(db, started) == ("joining", PARTS, PARTS, 0)
    assert list(await within(db, fan_out.results, started)) == list(range(PARTS))
    finished = await asyncio.gather(*(within(db, fan_out.finish, started) for _ in range(5)))
    assert sorted(finished) == [False] * 4 + [True]
    assert await record(db, started) == ("finished", PARTS, PARTS, 0)
    assert not await within(db, fan_out.cancel, started)


async def test_a_part_that_is_undone_was_not_the_last(db, started: UUID):
    for number in range(PARTS - 1):
        assert not await within(db, fan_out.end_part, started, number, None)

    async def crash(tx: Tx) -> None:
        assert await fan_out.end_part(started, PARTS - 1, None, tx)
        raise RuntimeError("the worker is killed before the commit")

    with pytest.raises(RuntimeError):
        await within(db, crash)
    assert await record(db, started) == ("running", PARTS, PARTS - 1, 0)
    assert not await within(db, fan_out.finish, started)
    assert await within(db, fan_out.end_part, started, PARTS - 1, None)


async def test_failed_parts_are_counted_apart_and_join_too(db, started: UUID):
    for number in range(PARTS):
        last = await within(db, fan_out.end_part, started, number, {"code": number}, failed=number % 4 == 0)
    assert last
    assert await record(db, started) == ("joining", PARTS, 9, 3)
    assert await within(db, fan_out.results, started, failed=True) == {0: {"code": 0}, 4: {"code": 4}, 8: {"code": 8}}


async def test_cancel_wins_or_loses_by_first_commit(db, started: UUID):
    await within(db, fan_out.end_part, started, 0, None)
    assert await within(db, fan_out.cancel, started)
    assert not await within(db, fan_out.cancel, started)
    assert not any([await within(db, fan_out.end_part, started, number, None) for number in range(1, PARTS)])
    assert not await within(db, fan_out.finish, started)
    assert (await record(db, started))[0] == "cancelled"


async def test_cancel_and_finish_at_once_leave_one_winner(db, started: UUID):
    for number in range(PARTS):
        await within(db, fan_out.end_part, started, number, None)
    both = await asyncio.gather(within(db, fan_out.cancel, started), within(db, fan_out.finish, started))
    assert sorted(both) == [False, True]

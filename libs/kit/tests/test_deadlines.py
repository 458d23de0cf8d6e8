"""The time that an asker waits travels with its query, and the work ends with it; one neighbour has so many places."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from toy import CountItems, SleepInDatabase

from contracts.shared import ANONYMOUS
from kit.errors import NotFound, Unavailable
from kit.messaging.deadline import deadline, remaining, requested_timeout, timeout_header
from kit.messaging.queries import query_server
from kit.process.bulkhead import Bulkhead
from kit.telemetry import metrics
from kit.testing import Caller, eventually

pytestmark = pytest.mark.live
SLEEPING = "select count(*) from pg_stat_activity where state = 'active' and query like 'select pg_sleep(30%%'"


def ended(when: str) -> float:
    return metrics.QUERIES_ENDED.labels(SleepInDatabase.ce_type(), when)._value.get()


@pytest.mark.parametrize("in_session", [False, True])
async def test_statement_ends_when_nobody_waits_for_its_answer(running, caller: Caller, sql, in_session: bool):
    before, query = ended("working"), SleepInDatabase(in_session=in_session)
    asking = asyncio.create_task(caller.bus.ask(query, ANONYMOUS, 1.0))
    await eventually(lambda: sql(SLEEPING) == [(1,)], 0.9)
    with pytest.raises(Unavailable) as refusal:
        await asking
    assert refusal.value.code == "too_slow", "the reason is there before the asker gives up"
    await eventually(lambda: sql(SLEEPING) == [(0,)], 1)
    assert ended("working") == before + 1


async def test_query_that_waited_too_long_for_a_place_is_not_begun(running, caller: Caller, monkeypatch):
    answering = next(one for one in running.hearing if isinstance(one, query_server.QueryServer))
    monkeypatch.setattr(answering, "_slots", asyncio.Semaphore(1))
    before = ended("waiting")
    slow = asyncio.create_task(caller.bus.ask(SleepInDatabase(), ANONYMOUS, 2.0))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await caller.bus.ask(SleepInDatabase(), ANONYMOUS, 0.3)
    with pytest.raises(Unavailable):
        await slow
    await eventually(lambda: ended("waiting") == before + 1)
    with pytest.raises(NotFound):
        await caller.ask(CountItems(name="nothing"))


async def test_who_asks_meanwhile_waits_no_longer_than_is_left(caller: Caller):
    started = time.monotonic()
    with deadline(started + 0.2), pytest.raises(Unavailable):
        await caller.bus.ask(SleepInDatabase(), ANONYMOUS, 5.0)
    assert time.monotonic() - started < 1


def test_header_tells_what_is_left():
    assert (
        requested_timeout(timeout_header(2.0), 75),
        requested_timeout(timeout_header(0.1), 75),
        requested_timeout({}, 75),
    ) == (1.9, 0.05, 75)
    assert requested_timeout({"fairway-timeout": "long"}, 75) == 75
    assert remaining(3.0) == 3.0


@pytest_asyncio.fixture
async def held() -> AsyncIterator[tuple[Bulkhead, asyncio.Event]]:
    """One place, taken until the event is set, and one in the queue."""
    bulkhead, end = Bulkhead("The neighbour", 1, 1, wait_seconds=0.2), asyncio.Event()

    async def hold() -> None:
        async with bulkhead.slot():
            await end.wait()

    task = asyncio.create_task(hold())
    await asyncio.sleep(0)
    yield bulkhead, end
    end.set()
    await task


async def enter(bulkhead: Bulkhead) -> None:
    async with bulkhead.slot():
        return


async def test_queue_is_short_and_who_finds_no_place_is_told_so_at_once(held):
    bulkhead, _ = held
    before = metrics.BULKHEAD_REFUSED.labels("The neighbour")._value.get()
    waiting, started = asyncio.create_task(enter(bulkhead)), time.monotonic()
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="The neighbour is slow to answer") as refusal:
        await enter(bulkhead)
    assert (refusal.value.facts["retry_after"], time.monotonic() - started < 0.1) == (2, True)
    with pytest.raises(Unavailable):
        await waiting
    assert metrics.BULKHEAD_REFUSED.labels("The neighbour")._value.get() == before + 2


async def test_place_is_free_again_also_after_an_error_or_a_cancelled_wait(held):
    bulkhead, end = held
    waiting = asyncio.create_task(enter(bulkhead))
    await asyncio.sleep(0)
    waiting.cancel()
    end.set()
    await asyncio.sleep(0)
    for _ in range(3):
        with pytest.raises(ValueError, match="wrong"):
            async with bulkhead.slot():
                raise ValueError("wrong")
    await enter(bulkhead)

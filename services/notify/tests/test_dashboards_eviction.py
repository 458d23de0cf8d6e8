"""Eviction on a real database: the order of the worked example, what is spared, and many writers at a time."""

import asyncio
import random
from decimal import Decimal

import pytest
from dashboard_samples import ANYBODY, OPERATOR, boards, sized

from contracts.notify import dashboards as c
from contracts.shared import Actor
from contracts.streams import EVENTS
from contracts.verdict import Refused
from kit.errors import NotFound
from kit.messaging.envelope import new_id, subject_of
from kit.messaging.tx import Tx
from kit.testing import eventually
from notify.dashboards import eviction

__all__ = ["boards"]
SIZE = 1000


@pytest.fixture
def store(running, monkeypatch):
    """Sets the capacity and its ratios."""

    def limit(total: int, threshold: str = "0.95", target: str = "0.60", **more: object) -> None:
        for name, value in {
            "max_total": total,
            "threshold": Decimal(threshold),
            "target": Decimal(target),
            **more,
        }.items():
            monkeypatch.setattr(running.settings, f"dashboard_{name}", value)

    return limit


async def test_the_worked_example(boards, store):
    store(10_000)
    names = [await boards.create(sized(SIZE)) for _ in range(9)]
    names.append(await boards.create(sized(499)))
    assert await boards.ids() == names
    await boards.replace(names[-1], sized(500))
    assert await boards.ids() == names[4:]


async def test_what_is_spared_and_what_is_not(boards, store):
    store(10_000)
    white, guarded, read, other = [await boards.create(sized(SIZE)) for _ in range(4)]
    await boards.flag(white, whitelisted=True)
    await boards.flag(guarded, protected=True, whitelisted=True)
    await boards.flag(guarded, whitelisted=False)
    more = [await boards.create(sized(SIZE)) for _ in range(5)]
    await boards.get(read)
    last = await boards.create(sized(500))
    assert await boards.ids() == [white, *more[2:], read, last]
    assert other not in await boards.ids()


async def test_what_changes_during_an_eviction_is_spared(boards, store, monkeypatch):
    """One of the selected dashboards is read, one is whitelisted, before they are evicted."""
    names = [await boards.create(sized(SIZE)) for _ in range(9)]
    select = eviction._candidates
    seen: list[int] = []

    async def disturbed(tx: Tx, statement):
        found = await select(tx, statement)
        if not seen:
            await boards.get(names[0])
            await boards.flag(names[1], whitelisted=True)
        seen.append(len(found))
        return found

    monkeypatch.setattr(eviction, "_candidates", disturbed)
    store(10_000)
    last = await boards.create(sized(500))
    assert await boards.ids() == [names[1], *names[6:], last, names[0]]
    assert len(seen) == 2


async def test_a_store_of_whitelisted_dashboards_takes_more(boards, store):
    for name in [await boards.create(sized(SIZE)) for _ in range(3)]:
        await boards.flag(name, whitelisted=True)
    store(2000)
    before = eviction.ABOVE_TARGET._value.get()
    name = await boards.create(sized(SIZE))
    assert len(await boards.ids()) == 3
    assert eviction.ABOVE_TARGET._value.get() == before + 1
    with pytest.raises(NotFound):
        await boards.get(name)


async def test_with_no_room_at_all_only_what_is_whitelisted_stays(boards, store):
    name, kept = await boards.create(), await boards.create()
    await boards.flag(kept, protected=True, whitelisted=True)
    await boards.flag(kept, protected=False)
    store(1, "0", "0")
    assert not isinstance(await boards.replace(name), Refused)
    assert not isinstance(await boards.replace(kept), Refused)
    assert await boards.ids() == [kept]


async def test_reads_flags_deletions_and_imports_evict_nothing(boards, store):
    names = [await boards.create(sized(SIZE)) for _ in range(4)]
    store(1, "0", "0")
    await boards.get(names[0])
    await boards.flag(names[1], whitelisted=True)
    await boards.send(c.DeleteDashboard(dashboard_id=names[2]))
    record = '{"_id":"z","dashboard":{"dashboard":{"widgets":[]}},"last_access":"2001-01-01T00:00:00Z"}'
    assert await boards.send(c.ImportDashboards(records=[record]), OPERATOR) == {"inserted": 1, "updated": 0}
    assert await boards.ids() == ["z", names[1], names[3], names[0]]


async def test_versions_and_trash_use_what_dashboards_leave(boards, store):
    """They never cause an eviction, and go before a dashboard does."""
    store(10_000)
    name = await boards.create(sized(SIZE))
    for _ in range(4):
        await boards.replace(name, sized(SIZE))
    gone = await boards.create(sized(SIZE))
    await boards.send(c.DeleteDashboard(dashboard_id=gone))
    await boards.sql(
        "update dashboards.dashboard set deleted_at = now() - interval '2 minutes' where deleted_at is not null"
    )
    more = [await boards.create(sized(SIZE)) for _ in range(4)]
    assert await boards.ids() == [name, *more]
    assert await boards.sql("select count(*) from dashboards.dashboard") == [(5,)]
    assert await boards.sql("select number from dashboards.version order by number") == [(1,), (2,), (3,), (4,)]
    await boards.create(sized(SIZE))
    assert await boards.sql("select number from dashboards.version order by number") == [(2,), (3,), (4,)]
    assert await boards.sql("select history_bytes from dashboards.dashboard where version > 1") == [(3 * SIZE,)]


async def test_owners_over_their_part_give_first(boards, store):
    store(10_000, owner_part=Decimal("0.3"))
    modest, greedy = Actor(id=7, username="modest"), Actor(id=8, username="greedy")
    old = [await boards.create(sized(SIZE), modest) for _ in range(2)]
    junk = [await boards.create(sized(SIZE), greedy) for _ in range(7)]
    last = await boards.create(sized(500), ANYBODY)
    assert await boards.ids() == [*old, *junk[4:], last]


async def test_owners_have_quotas(boards, store):
    store(10_000_000, owner_count=3, owner_bytes=2500)
    me, other = Actor(id=7, username="me"), Actor(id=8, username="other")
    results = await asyncio.gather(*(boards.send(_new(sized(SIZE)), me) for _ in range(5)))
    assert sum(isinstance(one, Refused) for one in results) == 3
    refused = next(one for one in results if isinstance(one, Refused))
    assert (refused.kind, refused.code) == ("forbidden", "quota")
    (first, _) = await boards.ids()
    assert (await boards.replace(first, sized(1600), me)).code == "quota"
    assert not isinstance(await boards.replace(first, sized(400), me), Refused)
    assert not isinstance(await boards.send(_new(sized(400)), me), Refused)
    assert (await boards.send(_new(sized(300)), me)).code == "quota"
    for actor in (other, ANYBODY, ANYBODY):
        assert not isinstance(await boards.send(_new(sized(SIZE)), actor), Refused)


def _new(body: str) -> c.CreateDashboard:
    from uuid import uuid4

    return c.CreateDashboard(dashboard_id=str(uuid4()), content=body)


async def test_evicted_dashboards_are_reported(boards, store):
    store(2000)
    name = await boards.create(sized(SIZE))
    await boards.create(sized(SIZE))
    expected = c.DashboardEvicted(dashboard_id=name, freed_bytes=SIZE, total=SIZE)
    assert await eventually(lambda: _was_published(boards, expected))
    trash = await boards.sql("select id, deletion from dashboards.dashboard where deleted_at is not null")
    assert trash == [(name, "evicted")]


async def _was_published(boards, event: c.DashboardEvicted) -> bool:
    message = await boards.caller.bus.js.get_last_msg(EVENTS.name, subject_of(event, new_id()))
    return c.DashboardEvicted.model_validate_json(message.data) == event


async def test_many_writers_at_a_time(boards, store, running, monkeypatch):
    """Writers, readers and operators run together; each eviction leaves no less than its target asks for, and when all
    have their answers the store is below its threshold, at its target, or has nothing more to give."""
    store(20_000)
    totals: list[tuple[int, int]] = []
    evict = eviction._evict

    async def watched(tx: Tx, settings, capacity, total: int) -> None:
        largest = (await boards_max(tx)) or 0
        await evict(tx, settings, capacity, total)
        left, _ = await eviction.totals(tx)
        totals.append((left, largest))

    monkeypatch.setattr(eviction, "_evict", watched)
    dice = random.Random(5)

    async def write() -> None:
        for _ in range(6):
            name = await boards.create(sized(dice.choice([400, 900, 1400])))
            await boards.replace(name, sized(dice.choice([400, 900, 1400])))

    async def read() -> None:
        for _ in range(20):
            for name in (await boards.ids())[:2]:
                try:
                    await boards.get(name)
                except NotFound:
                    continue

    async def flag() -> None:
        for _ in range(6):
            for name in (await boards.ids())[:1]:
                await boards.flag(name, whitelisted=dice.random() < 0.7)

    await asyncio.gather(*(write() for _ in range(10)), read(), flag())
    assert len(totals) > 3
    assert all(left > 12_000 - largest for left, largest in totals)
    stored = int((await boards.sql(STORED))[0][0])
    evictable = await boards.sql(f"{STORED} and not whitelisted")
    assert stored < 19_000 or evictable[0][0] in (None, 0)


STORED = "select sum(size_bytes) from dashboards.dashboard where deleted_at is null"


async def boards_max(tx: Tx) -> int | None:
    from sqlalchemy import text

    return await tx.session.scalar(text("select max(size_bytes) from dashboards.dashboard where deleted_at is null"))

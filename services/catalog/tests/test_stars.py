"""Stars of people and of browsers, and what lists show of them."""

import asyncio
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import event

from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.catalog.stars import AddStar, GetStar, RemoveStar
from contracts.shared import ANONYMOUS, Page
from kit.errors import Invalid
from kit.testing import MAPPER, STRANGER

pytestmark = pytest.mark.usefixtures("running")


def browser(name: str) -> str:
    return sha256(f"127.0.0.1|{name}".encode()).hexdigest()


@pytest.fixture
def target() -> str:
    return f"t-{uuid4().hex[:10]}"


@pytest.mark.spec("10", "POST /stars/, new 201 and repeated 200, created, target need not exist")
@pytest.mark.spec("17.6", "star comes and goes")
async def test_first_star_is_new_and_the_second_changes_nothing(caller, target):
    first, second = [await caller.send(AddStar(target_id=target)) for _ in range(2)]
    assert (first.http, first.result) == (201, {"target_id": target, "starred": True, "count": 1, "created": True})
    assert (second.http, second.result) == (200, {"target_id": target, "starred": True, "count": 1, "created": False})


@pytest.mark.spec("10", "one star per person or browser")
async def test_people_and_browsers_count_apart(caller, target):
    voters = [(MAPPER, None), (STRANGER, None), (ANONYMOUS, browser("one")), (ANONYMOUS, browser("one")),
              (ANONYMOUS, browser("two"))]  # fmt: skip
    for actor, identity in voters:
        await caller.send(AddStar(target_id=target, identity=identity), actor)
    asked = [
        await caller.ask(GetStar(target_id=target, identity=i), a)
        for a, i in ((MAPPER, None), (ANONYMOUS, browser("two")), (ANONYMOUS, browser("three")))
    ]
    assert [answer["count"] for answer in asked] == [4, 4, 4]
    assert [answer["starred"] for answer in asked] == [True, True, False]


@pytest.mark.spec("10", "DELETE /stars/, DELETE is 204 always, own star only")
@pytest.mark.spec("17.6", "star comes and goes")
async def test_removal_takes_the_callers_star_only(caller, target):
    for actor in (MAPPER, STRANGER):
        await caller.send(AddStar(target_id=target), actor)
    for _ in range(2):
        assert (await caller.send(RemoveStar(target_id=target))).http == 204
    assert await caller.ask(GetStar(target_id=target)) == {"target_id": target, "starred": False, "count": 1}
    assert (await caller.ask(GetStar(target_id=target), STRANGER))["starred"]


async def test_anonymous_without_identity_is_refused(caller, target):
    assert (await caller.send(AddStar(target_id=target), ANONYMOUS)).kind == "invalid"
    with pytest.raises(Invalid):
        await caller.ask(GetStar(target_id=target), ANONYMOUS)


async def test_stars_given_at_once_are_all_counted(caller, target):
    stars = [AddStar(target_id=target, identity=browser(str(n))) for n in range(20)]
    await asyncio.gather(*(caller.send(star, ANONYMOUS) for star in stars))
    assert (await caller.ask(GetStar(target_id=target)))["count"] == 20


@pytest.mark.spec("3.2", "is_starred false for anonymous, star_count, is_starred")
@pytest.mark.spec("24", "24 is_starred is false for anonymous callers")
async def test_dataset_shows_its_stars(caller, mapping):
    dataset = await mapping.draft(visibility="public")
    stac_id = (await caller.ask(GetDataset(dataset_id=dataset)))["stac_id"]
    await caller.send(AddStar(target_id=stac_id))
    await caller.send(AddStar(target_id=stac_id, identity=browser("x")), ANONYMOUS)
    seen = [await caller.ask(GetDataset(dataset_id=dataset), actor) for actor in (MAPPER, STRANGER, ANONYMOUS)]
    assert [row["star_count"] for row in seen] == [2, 2, 2]
    assert [row["is_starred"] for row in seen] == [True, False, False]


@pytest.mark.spec("24", "11 ordering=star_count")
async def test_lists_order_by_stars(caller, mapping):
    ids = [await mapping.draft() for _ in range(3)]
    names = {n: (await caller.ask(GetDataset(dataset_id=n)))["stac_id"] for n in ids}
    for number, actor in ((ids[1], MAPPER), (ids[1], STRANGER), (ids[2], MAPPER)):
        await caller.send(AddStar(target_id=names[number]), actor)
    rows = (await caller.ask(ListDatasets(page=Page(ordering="-star_count", limit=1000), user=7)))["results"]
    counts = [row["star_count"] for row in rows]
    assert counts == sorted(counts, reverse=True)
    assert [row["id"] for row in rows if row["id"] in ids] == [ids[1], ids[2], ids[0]]
    assert next(row for row in rows if row["id"] == ids[1])["is_starred"]


async def test_a_longer_page_asks_no_more_questions(caller, mapping, running):
    for _ in range(4):
        await mapping.draft()
    assert await queries(running, caller, 1) == await queries(running, caller, 4)


async def queries(running, caller, limit: int) -> int:
    """Statements that one list of that length takes."""
    seen: list[str] = []
    engine = running.db.engine.sync_engine

    def note(_c, _cur, statement, *_) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    assert len((await caller.ask(ListDatasets(page=Page(limit=limit))))["results"]) == limit
    event.remove(engine, "before_cursor_execute", note)
    return len(seen)

import asyncio
from itertools import count

import pytest

from contracts.notify.userstate import CreateState, DeleteState, GetState, ListStates, ReplaceState
from contracts.shared import ANONYMOUS, Actor, Page
from kit.errors import NotFound
from kit.testing import ADMIN, STRANGER, Caller
from notify.user_state.usecases import MAX_STATES_PER_USER

people = count(9000)
MOST = 102_400


def somebody() -> Actor:
    return Actor(id=next(people), username="somebody")


async def kept(caller: Caller, actor: Actor, state: object = "x") -> dict:
    return (await caller.send(CreateState(state=state), actor)).result


async def listed(caller: Caller, actor: Actor, **page: int) -> list[int]:
    return [row["pid"] for row in (await caller.ask(ListStates(page=Page(**page)), actor))["results"]]


@pytest.mark.spec("12", "pid, state, timestamp, types are kept")
async def test_types_are_kept(running, caller: Caller):
    person = somebody()
    for state in ({"b": 1, "a": [None, 1.0, 1e308]}, [], "", "häß", 0, 0.0, -5, True, False, {}):
        row = await kept(caller, person, state)
        assert row.keys() == {"pid", "state", "timestamp"}
        again = await caller.ask(GetState(pid=row["pid"]), person)
        assert again == row
        assert repr(again["state"]) == repr(state)


@pytest.mark.spec("12", "missing or null 400")
async def test_nothing_is_not_kept(running, caller: Caller):
    verdict = await caller.send(CreateState(state=None), somebody())
    assert (verdict.code, list(verdict.facts)) == ("invalid_state", ["state"])


@pytest.mark.spec("12", "102400 bytes")
async def test_size_is_that_of_compact_utf8(running, caller: Caller):
    person, full = somebody(), "é" * (MOST // 2 - 1)
    row = await kept(caller, person, full)
    assert (await caller.ask(GetState(pid=row["pid"]), person))["state"] == full
    assert (await caller.send(CreateState(state=full + "x"), person)).code == "invalid_state"
    assert (await caller.send(ReplaceState(pid=row["pid"], state=full + "x"), person)).code == "invalid_state"


async def test_a_page_of_the_largest_fits(running, caller: Caller):
    person = somebody()
    for _ in range(60):
        await kept(caller, person, "x" * (MOST - 2))
    assert len(await listed(caller, person, limit=60)) == 60


async def test_nobody_keeps_more_than_their_share(running, caller: Caller):
    person = somebody()
    for _ in range(MAX_STATES_PER_USER // 10):
        await asyncio.gather(*(kept(caller, person) for _ in range(10)))
    refused = await caller.send(CreateState(state=1), person)
    assert (refused.code, refused.detail) == ("too_many_states", f"At most {MAX_STATES_PER_USER} saved states.")
    assert await kept(caller, somebody()), "others keep theirs"
    await caller.send(DeleteState(pid=(await listed(caller, person, limit=1))[0]), person)
    assert await kept(caller, person)


@pytest.mark.spec("12", "newest first, PUT advances timestamp")
async def test_latest_write_comes_first(running, caller: Caller):
    person = somebody()
    first, second, third = [(await kept(caller, person))["pid"] for _ in range(3)]
    assert await listed(caller, person) == [third, second, first]
    before = await caller.ask(GetState(pid=first), person)
    after = (await caller.send(ReplaceState(pid=first, state={"new": 1}), person)).result
    assert after["timestamp"] > before["timestamp"]
    assert after == await caller.ask(GetState(pid=first), person) == after | {"pid": first, "state": {"new": 1}}
    assert await listed(caller, person) == [first, third, second]
    page = await caller.ask(ListStates(page=Page(limit=1, offset=1)), person)
    assert (page["count"], [row["pid"] for row in page["results"]]) == (3, [third])


@pytest.mark.spec("12", "own rows only")
async def test_others_do_not_find_it(running, caller: Caller):
    pid = (await kept(caller, somebody()))["pid"]
    for other in (STRANGER, ANONYMOUS):
        with pytest.raises(NotFound):
            await caller.ask(GetState(pid=pid), other)
        for command in (ReplaceState(pid=pid, state=1), DeleteState(pid=pid)):
            assert (await caller.send(command, other)).code == "state_not_found"
        assert pid not in await listed(caller, other, limit=1000)


@pytest.mark.spec("12", "admin sees all, ownership never changes")
async def test_admins_edit_what_stays_its_owners(running, caller: Caller):
    person = somebody()
    pid = (await kept(caller, person))["pid"]
    assert pid in await listed(caller, ADMIN, limit=5)
    await caller.send(ReplaceState(pid=pid, state=2), ADMIN)
    assert (await caller.ask(GetState(pid=pid), person))["state"] == 2
    assert await listed(caller, person) == [pid]
    assert (await caller.send(DeleteState(pid=pid), ADMIN)).http == 204
    assert await listed(caller, person) == []


@pytest.mark.spec("12", "login required")
async def test_nobody_keeps_nothing(running, caller: Caller):
    assert (await caller.send(CreateState(state=1), ANONYMOUS)).code == "login_required"

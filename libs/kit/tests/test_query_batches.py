"""Queries of one turn go to their owner together; each keeps its answer, its deadline and its trace."""

import asyncio
import time
from collections import Counter
from uuid import uuid4

import pytest
import toy
from toy import AddItem, CountItems, Ponder, Say, SleepInDatabase, Weigh

from contracts.shared import Actor
from contracts.streams import MAX_ANSWER_BYTES
from kit.errors import Internal, NotFound, Unavailable
from kit.messaging.batching.frames import MAX_BYTES, Member, packed, unpacked
from kit.messaging.batching.requests import FEW
from kit.messaging.queries import query_server
from kit.messaging.sized import sized
from kit.testing import MAPPER, STRANGER, Caller, calling, eventually

pytestmark = pytest.mark.live


@pytest.fixture
def sent(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Subject → number of messages that the caller has published."""
    counted, publish = Counter(), caller.bus.nc.publish

    async def counting(subject: str, *args, **named) -> None:
        counted[subject] += 1
        await publish(subject, *args, **named)

    monkeypatch.setattr(caller.bus.nc, "publish", counting)
    return counted


async def many(caller: Caller, *asked, wait: float = 5.0) -> list:
    """Queries, or pairs of query and user, asked in one turn."""
    pairs = [one if isinstance(one, tuple) else (one, MAPPER) for one in asked]
    asking = (caller.bus.query_json(query, actor) for query, actor in pairs)
    return await asyncio.gather(*asking, return_exceptions=True)


async def test_queries_of_one_turn_are_one_message(running, caller: Caller, sent: Counter):
    answers = await many(caller, *(Say(text=str(number)) for number in range(40)))
    assert [one["text"] for one in answers] == [str(number) for number in range(40)]
    assert sent == {"batch.toy.queries": 1}


async def test_with_many_under_way_the_next_ones_wait_for_each_other(running, caller: Caller, sent: Counter):
    """Those of several turns, a millisecond at most; a slow one holds none of them longer."""
    slow = [asyncio.ensure_future(caller.bus.ask(Ponder(), MAPPER, 3.0)) for _ in range(FEW + 1)]
    await eventually(lambda: sent["batch.toy.queries"] == 1)
    quick = []
    for number in range(8):
        quick.append(asyncio.ensure_future(caller.bus.query_json(Say(text=str(number)), MAPPER)))
        await asyncio.sleep(0)
    assert [one["text"] for one in await asyncio.gather(*quick)] == [str(number) for number in range(8)]
    assert sent["batch.toy.queries"] <= 3
    await asyncio.gather(*slow, return_exceptions=True)


async def test_everyone_is_answered_as_themselves(running, caller: Caller):
    people = [Actor(id=number, username=f"user {number}") for number in range(1, 9)]
    answers = await many(caller, *((Say(text="hello"), actor) for actor in people))
    assert [one["by"] for one in answers] == [actor.id for actor in people]


async def test_a_slow_query_holds_no_other_one_of_its_batch(running, caller: Caller):
    slow = asyncio.ensure_future(caller.bus.ask(SleepInDatabase(), MAPPER, 3.0))
    thinking = asyncio.ensure_future(caller.bus.ask(Ponder(), MAPPER, 3.0))
    started = time.monotonic()
    assert len(await many(caller, *(Say(text="quick") for _ in range(8)))) == 8
    assert time.monotonic() - started < 1.0
    assert not slow.done()
    assert isinstance((await asyncio.gather(slow, thinking, return_exceptions=True))[0], Unavailable)


async def test_refusals_and_bugs_stay_with_their_query(running, caller: Caller):
    answers = await many(caller, Say(text="a"), Say(text=""), CountItems(name="nobody"), Say(text="b"))
    assert [type(one) for one in answers] == [dict, NotFound, NotFound, dict]
    assert answers[1].code == "silence"


async def test_each_query_has_its_own_deadline(running, caller: Caller):
    short = asyncio.ensure_future(caller.bus.ask(Ponder(), MAPPER, 0.4))
    long = asyncio.ensure_future(caller.bus.ask(SleepInDatabase(), MAPPER, 2.0))
    with pytest.raises(Unavailable, match="took too long"):
        await short
    assert not long.done()
    with pytest.raises(Unavailable, match="took too long"):
        await long


async def test_nothing_is_kept_of_queries_that_got_no_answer(running, caller: Caller):
    with pytest.raises(Unavailable):
        await caller.bus.ask(Ponder(), MAPPER, 0.1)
    gone = asyncio.ensure_future(caller.bus.ask(Ponder(), MAPPER, 5.0))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert not caller.bus.queries._sent


async def test_a_kind_with_a_handler_for_many_is_one_call(running, caller: Caller):
    names = [f"item-{uuid4().hex[:8]}" for _ in range(3)]
    for name in names:
        await caller.send(AddItem(name=name))
    toy.weighings.clear()
    queries = [*((Weigh(name=name), MAPPER) for name in names), (Weigh(name=names[0]), STRANGER), Weigh(name="none")]
    answers = await many(caller, *queries)
    assert [one["name"] for one in answers[:3]] == names
    assert [type(one) for one in answers[3:]] == [NotFound, NotFound], "a stranger does not see it"
    assert toy.weighings == [5]


async def test_an_error_of_many_is_the_refusal_of_the_one_at_fault(running, caller: Caller):
    name = f"item-{uuid4().hex[:8]}"
    await caller.send(AddItem(name=name))
    toy.weighings.clear()
    answers = await many(caller, Weigh(name=name), Weigh(name="broken"), Weigh(name=name))
    assert [type(one) for one in answers] == [dict, Internal, dict]
    assert toy.weighings == [3, 1, 1, 1]


async def test_a_query_alone_needs_no_batch(running, caller: Caller):
    """As another version of the caller asks it."""
    reply = await caller.bus.nc.request(
        Weigh.subject(), Weigh(name="none").model_dump_json().encode(), 2, headers=_headers(Weigh(name="none"))
    )
    assert b"no_such_item" in reply.data


def _headers(query: Weigh) -> dict[str, str]:
    from kit.messaging.envelope import headers_of, new_id

    return headers_of(query, "gateway", MAPPER, new_id())


async def test_a_malformed_member_is_refused_alone(running, caller: Caller):
    good = _headers(Weigh(name="none"))
    ask = caller.bus.queries.ask
    asked = (ask("toy", good, b'{"name": 5}', 2), ask("toy", {}, b"{}", 2), ask("toy", good, b'{"name": "none"}', 2))
    answers = await asyncio.gather(*asked)
    assert [b"bad_query" in one.data for one in answers] == [True, True, False]


async def test_a_malformed_batch_ends_nothing(running, caller: Caller):
    for body in (b"", b"[", b"[[1]]\n", b'{"a": 1}\n', b"[1, 2]\n"):
        await caller.bus.nc.publish("batch.toy.queries", body, reply="_INBOX.nobody")
    assert await many(caller, Say(text="still here")) == [{"text": "still here", "by": 7}]


async def test_an_owner_that_takes_no_batches_is_asked_one_by_one(nats_url: str):
    async with calling(nats_url) as asker, calling(nats_url) as owner:
        heard = []

        async def answer(msg) -> None:
            heard.append(msg.subject)
            await msg.respond(b'"here"')

        await owner.bus.nc.subscribe("qry.old.v1.>", cb=answer)
        await owner.bus.nc.flush()
        assert await many(asker, Elder(), Elder()) == ["here", "here"]
        assert heard == [Elder.subject()] * 2


class Elder(Say, wire="old.v1.elder"):
    text: str = ""


async def test_answers_of_any_size_arrive(running, caller: Caller):
    """Two of them are more than the bus takes in one message."""
    text = "x" * (MAX_ANSWER_BYTES - 1024)
    answers = await many(caller, *(Say(text=text[: len(text) // 2]) for _ in range(4)), Say(text="short"))
    assert [len(one["text"]) for one in answers] == [len(text) // 2] * 4 + [5]


async def test_the_end_of_the_owner_is_told_to_everybody(running, caller: Caller, monkeypatch):
    server = next(one for one in running.hearing if isinstance(one, query_server.QueryServer))
    waiting = asyncio.ensure_future(many(caller, Ponder(), Ponder()))
    await eventually(lambda: len(server._tasks) >= 2)
    for task in [*server._tasks]:
        task.cancel()
    assert [one.code for one in await waiting] == ["ending", "ending"]


def test_frames():
    members = [Member(3, {"a": "b\n"}, b"one\n"), Member(4, {}, b""), Member(9, {}, b"\x00three")]
    assert unpacked(packed(members)) == members
    big = Member(5, {}, b"x" * (MAX_BYTES + 1))
    assert [[one.number for one in batch] for batch in sized([*members, big, *members], MAX_BYTES)] == [
        [3, 4, 9],
        [5],
        [3, 4, 9],
    ]
    assert list(sized([], MAX_BYTES)) == []

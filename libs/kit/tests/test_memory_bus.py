"""The bus in memory answers its callers as the real one does: each test runs on both."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
import pytest
from toy import AddItem, CountItems, ItemAdded, Ponder, Refuse, Say, build, router

from contracts import headers as h
from contracts.base import Live
from contracts.shared import Actor
from contracts.verdict import Accepted, Kind, Refused
from kit.errors import Invalid, NotFound, Unavailable
from kit.memory_bus import matches, memory_bus
from kit.messaging.bus import MAX_COMMAND_BYTES, Bus
from kit.messaging.envelope import headers_of, new_id, opened, subject_of
from kit.messaging.queries.query_server import QueryServer
from kit.testing import MAPPER, eventually, provisioned

WAIT = 0.5


class Ticked(Live, wire="toy.v1.ticked"):
    user_id: int

    def key(self) -> str:
        return str(self.user_id)

    def audience(self) -> tuple[int, ...]:
        return (self.user_id,)


@asynccontextmanager
async def on_nats(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    connection = await nats.connect(request.getfixturevalue("nats_url"))
    bus = Bus(connection, "gateway")
    await bus.start()
    yield bus
    await connection.close()


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.live)])
async def bus(request: pytest.FixtureRequest, where) -> AsyncIterator[Bus]:
    if request.param == "memory":
        twin = await memory_bus("gateway")
        yield twin
        await twin.nc.close()
    else:
        await provisioned(build(where))
        async with on_nats(request) as real:
            yield real


@pytest.fixture
def where(request: pytest.FixtureRequest):
    """The settings of the real bus; nothing is started for the twin."""
    return request.getfixturevalue("settings") if "nats" in request.node.name.split("[")[-1] else None


async def answering(bus: Bus, verdict: Accepted | Refused | None) -> list:
    """An owner that gives all commands the same verdict, or none."""
    heard = []

    async def judge(msg) -> None:
        heard.append(opened(msg.data, msg.headers))
        if verdict:
            await bus.nc.publish(msg.headers[h.REPLY], verdict.model_dump_json().encode())

    await bus.nc.subscribe("cmd.toy.>", cb=judge)
    await bus.nc.flush()
    return heard


async def asked(bus: Bus) -> QueryServer:
    """The toy's real handlers of queries; those that are used here need no database."""
    table = {r.message.ce_type(): r.bound([]) for r in router.routes if r.group == "queries" and not r.batch}
    server = QueryServer("toy", table, None, bus.nc)  # type: ignore[arg-type]
    await server.start()
    await bus.nc.flush()
    return server


@pytest.mark.parametrize("verdict", [
    Accepted(result={"name": "x"}, http=201),
    Refused(kind=Kind.CONFLICT, code="name_taken", detail="There is one already.", facts={"name": "x"}),
])  # fmt: skip
async def test_the_verdict_of_the_owner_is_handed_out(bus: Bus, verdict):
    heard = await answering(bus, verdict)
    key = new_id()
    assert await bus.send(AddItem(name="x"), MAPPER, key) == verdict
    assert [(one.id, one.message, one.actor) for one in heard] == [(key, AddItem(name="x"), MAPPER)]


async def test_silence_is_no_verdict_and_the_stream_has_the_command(bus: Bus):
    await answering(bus, None)
    key = new_id()
    assert await bus.send(AddItem(name="silent"), MAPPER, key, wait=WAIT) is None
    kept = await bus.js.get_last_msg("COMMANDS", AddItem.subject(key))
    assert AddItem.model_validate_json(kept.data or b"").name == "silent"
    assert (kept.headers or {})[h.ID] == str(key)


async def test_a_command_that_no_stream_takes_is_refused(bus: Bus):
    with pytest.raises(Invalid) as refused:
        await bus.send(Refuse(detail="x" * MAX_COMMAND_BYTES, facts={}), MAPPER)
    assert refused.value.refused().code == "message_too_large"


async def test_a_query_is_answered_by_its_handler(bus: Bus):
    server = await asked(bus)
    answer = await bus.query_json(Say(text="hello"), Actor(id=5, username="five"))
    assert answer == {"text": "hello", "by": 5}
    await server.stop()


async def test_the_refusal_of_a_query_is_raised(bus: Bus):
    server = await asked(bus)
    with pytest.raises(NotFound, match="nothing to say"):
        await bus.ask(Say(text=""), MAPPER)
    await server.stop()


async def test_nobody_answers(bus: Bus):
    with pytest.raises(Unavailable, match="toy"):
        await bus.ask(CountItems(name="x"), MAPPER, wait=WAIT)


async def test_an_answer_that_takes_too_long(bus: Bus):
    server = await asked(bus)
    with pytest.raises(Unavailable):
        await bus.ask(Ponder(), MAPPER, wait=WAIT)
    await server.stop()


async def test_live_messages_reach_who_listens(bus: Bus):
    heard: list = []

    async def hear(msg) -> None:
        heard.append((msg.subject, json.loads(msg.data), msg.headers))

    await bus.nc.subscribe("live.>", cb=hear)
    await bus.nc.flush()
    await bus.publish_live(Ticked(user_id=7))
    await eventually(lambda: heard)
    assert heard == [
        ("live.toy.v1.ticked.7", {"user_id": 7}, {h.TYPE: "live.toy.v1.ticked", h.AUDIENCE: "7"})
    ]  # fmt: skip


async def test_events_are_stored_and_heard(bus: Bus):
    heard: list = []

    async def hear(msg) -> None:
        heard.append(opened(msg.data, msg.headers).message)

    await bus.nc.subscribe(ItemAdded.subject(), cb=hear)
    await bus.nc.flush()
    event, event_id = ItemAdded(name="x"), new_id()
    data, headers = event.model_dump_json().encode(), headers_of(event, "toy", MAPPER, event_id)
    acknowledged = await bus.js.publish(subject_of(event, event_id), data, headers=headers)
    assert (acknowledged.stream, acknowledged.seq > 0) == ("EVENTS", True)
    await eventually(lambda: heard == [event])


async def test_of_a_queue_group_one_gets_a_message(bus: Bus):
    heard: list[int] = []

    def member(number: int):
        async def hear(msg) -> None:
            heard.append(number)

        return hear

    for number in range(3):
        await bus.nc.subscribe("some.thing", queue="group", cb=member(number))
    await bus.nc.flush()
    await bus.nc.publish("some.thing", b"x")
    await eventually(lambda: heard)
    await asyncio.sleep(0.05)  # nobody else may have it
    assert len(heard) == 1


def test_wildcards():
    assert matches("cmd.>", "cmd.a.b")
    assert matches("cmd.*.b", "cmd.a.b")
    assert not matches("cmd.>", "cmd")
    assert not matches("cmd.*", "cmd.a.b")
    assert not matches("cmd.a", "cmd.b")

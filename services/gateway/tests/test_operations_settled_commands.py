"""Judged commands leave their stream; what is known of them stays known."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from nats.js.errors import NotFoundError

from contracts.base import Command
from contracts.catalog.areas import CreateAoi
from contracts.catalog.areas import GetCommand as GetCatalogCommand
from contracts.registry import all_messages
from contracts.streams import COMMANDS, CONSUMER_GROUPS
from contracts.verdict import Accepted
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from gateway.operations import settled_commands
from gateway.operations.settled_commands import SettledCommands, settled_up_to
from kit.messaging.envelope import headers_of
from kit.messaging.topology.apply import Durable, consumer_config
from kit.testing import MAPPER, eventually

ME = "/api/v1/auth/me/"


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(settled_commands, "RETENTION", 0.0)


@pytest.fixture
def through_stream(running, monkeypatch) -> None:
    """Short commands of the gateway go to the stream, as while it does not answer."""
    monkeypatch.setitem(running.bus.short._silent_until, "gateway", float("inf"))


async def own_commands(running) -> int:
    info = await running.bus.js.stream_info(COMMANDS.name, subjects_filter="cmd.gateway.>")
    return len(info.state.subjects or {})


async def cleared(running) -> bool:
    await SettledCommands().clear(running.bus.js)
    return not await own_commands(running)


async def test_judged_commands_leave_and_others_stay(http, owners, running, mapper, at_once, through_stream):
    key = {"idempotency-key": str(uuid4())}
    first = await http.patch(ME, json={"email": "a@map.example"}, headers=mapper | key)
    await http.post("/api/v1/aois/", json=AOI, headers=mapper)
    await eventually(lambda: cleared(running))
    unjudged = await running.bus.js.stream_info(COMMANDS.name, subjects_filter=CreateAoi.subject("*"))
    assert unjudged.state.subjects
    again = await http.patch(ME, json={"email": "a@map.example"}, headers=mapper | key)
    assert again.json() == first.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = await http.patch(ME, json={"email": "b@map.example"}, headers=mapper | key)
    assert (other.status_code, other.json()["error"]["details"]["reason"]) == (422, "idempotency_key_reused")


async def test_nothing_leaves_before_its_time(http, running, mapper, through_stream):
    await http.patch(ME, json={"email": "c@map.example"}, headers=mapper)
    rounds = SettledCommands()
    before = await own_commands(running)
    for _ in range(3):
        await rounds.clear(running.bus.js)
    assert await own_commands(running) == before > 0


async def test_verdict_of_a_command_that_has_left(http, owners, mapper, problem):
    """Whoever owns it is not told by its id."""
    place = f"/api/v1/commands/{uuid4()}/"
    verdict = Accepted(result={"id": 9}, http=201).model_dump(mode="json")
    owners.answer(GetCatalogCommand, {"verdict": verdict, "judged_at": "2026-11-21T00:00:00Z"})
    done = (await http.get(place, headers=mapper)).json()
    assert (done["status"], done["http"], done["result"]) == ("done", 201, {"id": 9})
    owners.queries.clear()
    problem(await http.get(place, headers=mapper), 503)


@pytest_asyncio.fixture
async def catalog(running) -> AsyncIterator[dict[str, list[type[Command]]]]:
    """The durables of an owner, which hear half of its commands each."""
    js = running.bus.js
    kinds = sorted({k for k in all_messages().values() if issubclass(k, Command) and k.owner() == "catalog"}, key=str)
    heard = {"commands": kinds[::2], "effects": kinds[1::2]}
    await js.purge_stream(COMMANDS.name)
    for group, some in heard.items():
        durable = Durable("catalog", CONSUMER_GROUPS[group], tuple(kind.subject("*") for kind in some))
        await js.add_consumer(COMMANDS.name, config=consumer_config(durable))
    yield heard
    for group in heard:
        try:
            await js.delete_consumer(COMMANDS.name, f"catalog-{group}-v1")
        except NotFoundError:
            continue


async def publish(running, kind: type[Command]) -> int:
    key: UUID = uuid4()
    headers = headers_of(kind.model_construct(), "gateway", MAPPER, key)
    return (await running.bus.js.publish(kind.subject(key), b"{}", headers=headers)).seq


async def take(running, group: str):
    bound = await running.bus.js.pull_subscribe_bind(f"catalog-{group}-v1", COMMANDS.name)
    return (await bound.fetch(1, timeout=5))[0]


async def test_one_that_waits_keeps_what_came_after_it(running, catalog):
    js, quick, slow = running.bus.js, catalog["commands"][0], catalog["effects"][0]
    first = await publish(running, quick)
    await (await take(running, "commands")).ack_sync()
    assert await settled_up_to(js, "catalog") == first, "the other durable has nothing to do"
    waiting = await publish(running, slow)
    last = await publish(running, quick)
    await (await take(running, "commands")).ack_sync()
    assert await settled_up_to(js, "catalog") == waiting - 1
    await (await take(running, "effects")).ack_sync()
    assert await settled_up_to(js, "catalog") == last


async def test_what_is_under_way_or_given_back_stays(running, catalog):
    js, kind = running.bus.js, catalog["commands"][0]
    first = await publish(running, kind)
    msg = await take(running, "commands")
    assert await settled_up_to(js, "catalog") < first
    await msg.nak()
    assert await settled_up_to(js, "catalog") < first
    await (await take(running, "commands")).ack_sync()
    assert await settled_up_to(js, "catalog") == first


async def test_nothing_leaves_while_a_durable_is_lost(running, catalog):
    js = running.bus.js
    await publish(running, catalog["effects"][0])
    last = await publish(running, catalog["commands"][0])
    await (await take(running, "commands")).ack_sync()
    await (await take(running, "effects")).ack_sync()
    assert await settled_up_to(js, "catalog") == last
    await js.delete_consumer(COMMANDS.name, "catalog-effects-v1")
    assert await settled_up_to(js, "catalog") == 0


async def test_durables_lose_nothing_when_others_leave(running, catalog, at_once):
    """What an owner has not taken is delivered when its judged commands have left."""
    js, quick, slow = running.bus.js, catalog["commands"][0], catalog["effects"][0]
    await publish(running, quick)
    await (await take(running, "commands")).ack_sync()
    waiting, behind = await publish(running, slow), await publish(running, quick)
    await SettledCommands().clear(js)
    state = (await js.stream_info(COMMANDS.name)).state
    assert (state.first_seq, state.messages) == (waiting, 2)
    for group, sequence in (("effects", waiting), ("commands", behind)):
        msg = await take(running, group)
        assert msg.metadata.sequence.stream == sequence
        await msg.ack_sync()

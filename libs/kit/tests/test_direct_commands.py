"""Short commands go straight to their owner, and to the stream when it declines: nothing is lost, nothing happens
twice."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from direct import once, send_all, unique
from toy import AddItem, GetCommand, Pin

from contracts import headers as h
from kit.messaging.envelope import headers_of, subject_of
from kit.testing import MAPPER, Caller

pytestmark = pytest.mark.live


@pytest.fixture(autouse=True)
def _forget_silence(caller: Caller) -> None:
    caller.bus.short._silent_until.clear()


async def test_commands_of_one_turn_are_one_commit_and_never_in_the_stream(running, caller: Caller, sql):
    names = [unique() for _ in range(32)]
    before = (await caller.bus.js.stream_info("COMMANDS")).state.last_seq
    verdicts = await send_all(caller, *(Pin(name=name) for name in names))
    assert [(one.http, one.result) for one in verdicts] == [(201, {"name": name}) for name in names]
    assert len(sql("select distinct written from pins where name = any(%s)", names)) == 1
    assert (await caller.bus.js.stream_info("COMMANDS")).state.last_seq == before
    for name in names[::8]:
        await once(sql, name)


async def test_events_of_one_commit_keep_the_order_of_their_commands(running, caller: Caller, sql):
    names = [unique() for _ in range(32)]
    await send_all(caller, *(Pin(name=name) for name in names))
    rows = sql("select convert_from(data, 'utf8')::json ->> 'name' from outbox order by seq desc limit 32")
    assert [name for (name,) in reversed(rows)] == names


async def test_poison_and_rule_breakers_in_a_batch_of_32(running, caller: Caller, sql):
    """A malformed body, a broken handler, a refusal, a key that is taken; none of the others feels it."""
    taken, names, key = unique(), [unique() for _ in range(26)], uuid4()
    await send_all(caller, Pin(name=taken))
    headers = headers_of(Pin(name="x"), "gateway", MAPPER, key)
    poison = caller.bus.short._requests.ask("toy", headers, b'{"name": 5}', 5)
    odd = [Pin(name=taken), Pin(name=unique(), how="refused"), Pin(name=taken), Pin(name=unique(), how="in a session")]
    broken = asyncio.ensure_future(caller.bus.send(Pin(name=unique(), how="broken"), MAPPER, wait=40))
    poisoned, verdicts = await asyncio.gather(poison, send_all(caller, *(Pin(name=one) for one in names), *odd))
    assert poisoned.data == b"", "declined: the stream makes a dead letter of it"
    assert [one.status for one in verdicts[:26]] == ["accepted"] * 26
    assert [getattr(one, "code", "") for one in verdicts[26:]] == ["conflict", "not_here", "conflict", ""]
    assert (await broken).code == "dead_letter"
    assert len(sql("select 1 from pins where name = any(%s)", names)) == 26
    for name in (*names[::8], odd[-1].name):
        await once(sql, name)


async def test_a_slow_handler_holds_no_other_one_of_its_batch(running, caller: Caller):
    slow = asyncio.ensure_future(caller.bus.send(Pin(name=unique(), how="slow"), MAPPER))
    started = time.monotonic()
    assert len(await send_all(caller, *(Pin(name=unique()) for _ in range(8)))) == 8
    assert time.monotonic() - started < 0.5
    assert not slow.done()
    assert (await slow).status == "accepted"


async def test_a_handler_that_is_too_slow_has_one_effect(running, caller: Caller, sql):
    """Its twin in the stream runs beside it."""
    name = unique()
    verdict = await caller.bus.send(Pin(name=name, how="stuck"), MAPPER, wait=20)
    assert (verdict.status, verdict.replayed) == ("accepted", True)
    await once(sql, name)


@pytest.mark.parametrize("number", range(5))
async def test_twins_in_stream_and_direct_are_one_effect(running, caller: Caller, sql, number: int):
    name, key = unique(), uuid4()
    command = Pin(name=name, how=["", "in a session"][number % 2])

    async def through_stream() -> None:
        headers = headers_of(command, "gateway", MAPPER, key)
        await caller.bus.js.publish(subject_of(command, key), command.model_dump_json().encode(), headers=headers)

    await asyncio.gather(through_stream(), caller.bus.send(command, MAPPER, key))
    await once(sql, name)
    again = await caller.bus.send(command, MAPPER, key)
    assert (again.result, again.replayed) == ({"name": name}, True)
    await once(sql, name)


async def test_same_id_with_another_body_is_refused(running, caller: Caller):
    key = uuid4()
    await caller.bus.send(Pin(name=unique()), MAPPER, key)
    assert (await caller.bus.send(Pin(name=unique()), MAPPER, key)).code == "idempotency_key_reused"


async def test_its_verdict_can_be_looked_up(running, caller: Caller):
    key = uuid4()
    await caller.bus.send(Pin(name=unique()), MAPPER, key)
    assert (await caller.ask(GetCommand(command_id=str(key))))["verdict"]["status"] == "accepted"


@pytest.mark.parametrize("ago", [5, 60, -60])
async def test_an_old_command_is_declined(running, caller: Caller, sql, ago: int):
    """Its sender has given it to the stream since, and may have been told that it is too late."""
    name = unique()
    headers = headers_of(Pin(name=name), "gateway", MAPPER, uuid4())
    headers |= {h.TIME: (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()}
    answer = await caller.bus.short._requests.ask("toy", headers, Pin(name=name).model_dump_json().encode(), 5)
    assert answer.data == b""
    assert not sql("select 1 from pins where name = %s", name)


async def test_commands_that_never_expire_take_the_stream_at_once(running, caller: Caller):
    before = (await caller.bus.js.stream_info("COMMANDS")).state.last_seq
    await caller.send(AddItem(name=unique()))
    assert (await caller.bus.js.stream_info("COMMANDS")).state.last_seq == before + 1

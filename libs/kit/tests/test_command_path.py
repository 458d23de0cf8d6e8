"""What one delivered message leads to, on a real bus and a real database."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from toy import AddItem, AddOnce, AddSoon, Break, CallOut, CountItems, GetCommand, ItemAdded, Refuse

from contracts import headers as h
from contracts.base import token
from kit.errors import Conflict, NotFound, Unavailable
from kit.messaging.broker_clock import BrokerClock
from kit.messaging.bus import Bus
from kit.messaging.envelope import headers_of, subject_of
from kit.telemetry import metrics
from kit.testing import MAPPER, STRANGER, Caller, eventually


def unique() -> str:
    return f"item-{uuid4().hex[:8]}"


async def count(caller: Caller, name: str) -> dict:
    return await caller.ask(CountItems(name=name))


async def test_command_event_and_verdict_commit_together(running, caller: Caller):
    name = unique()
    verdict = await caller.send(AddItem(name=name))
    assert (verdict.http, verdict.result) == (201, {"name": name})
    counted = await eventually(lambda: _heard(caller, name))
    assert counted == {"command": 1, "event": 1, "effect": 0, "job": 0}


async def _heard(caller: Caller, name: str) -> dict | None:
    counted = await count(caller, name)
    return counted if counted["event"] else None


async def test_repeated_command_runs_once_and_gets_its_first_verdict(running, caller: Caller):
    name, key = unique(), uuid4()
    first = await caller.send(AddItem(name=name), command_id=key)
    assert await caller.send(AddItem(name=name), command_id=key) == first.model_copy(update={"replayed": True})
    assert (await count(caller, name))["command"] == 1


async def test_repeated_command_is_not_judged_by_its_own_effect(running, caller: Caller):
    name, key = unique(), uuid4()
    first = await caller.send(AddOnce(name=name), command_id=key)
    second = await caller.send(AddOnce(name=name), command_id=key)
    assert first.status == second.status == "accepted"


async def test_refusal_is_remembered(running, caller: Caller):
    name, key = unique(), uuid4()
    await caller.send(AddOnce(name=name))
    refused = await caller.send(AddOnce(name=name), command_id=key)
    assert (refused.code, refused.facts) == ("name_taken", {"name": name})
    assert await caller.send(AddOnce(name=name), command_id=key) == refused.model_copy(update={"replayed": True})


async def test_same_id_with_another_body_is_refused(running, caller: Caller):
    key = uuid4()
    await caller.send(AddItem(name=unique()), command_id=key)
    assert (await caller.send(AddItem(name=unique()), command_id=key)).code == "idempotency_key_reused"


async def test_late_command_is_refused(running, caller: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(AddSoon, "expires", -1.0)
    name = unique()
    assert (await caller.send(AddSoon(name=name))).code == "expired"
    with pytest.raises(NotFound):
        await count(caller, name)


async def test_clock_of_the_sender_does_not_decide_what_is_late(running, caller: Caller):
    """The stream took the command just now, whatever its sender believes."""
    name, message_id = unique(), uuid4()
    command = AddSoon(name=name)
    headers = headers_of(command, "gateway", MAPPER, message_id)
    headers |= {h.TIME: (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}
    data = command.model_dump_json().encode()
    await caller.bus.js.publish(subject_of(command, message_id), data, headers=headers)
    await eventually(lambda: _counted(caller, name))


async def test_clock_of_the_owner_does_not_decide_what_is_late(running, caller: Caller):
    clock = BrokerClock(local=lambda: datetime.now(UTC) + timedelta(minutes=1))
    await clock.measure(caller.bus.nc)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert metrics.CLOCK_SKEW._value.get() == pytest.approx(-60, abs=1)


async def _counted(caller: Caller, name: str) -> dict | None:
    with suppress(NotFound):
        return await count(caller, name)
    return None


async def test_effect_records_its_outcome_once(running, caller: Caller):
    name, key = unique(), uuid4()
    first = await caller.send(CallOut(name=name), command_id=key)
    assert await caller.send(CallOut(name=name), command_id=key) == first.model_copy(update={"replayed": True})
    assert (await count(caller, name))["effect"] == 1


async def test_event_delivered_twice_has_one_effect(running, caller: Caller):
    name = unique()
    headers = {
        h.ID: str(uuid4()), h.TYPE: ItemAdded.ce_type(), h.ACTOR: MAPPER.model_dump_json(),
        h.TIME: "2026-01-01T00:00:00+00:00",
    }  # fmt: skip
    body = ItemAdded(name=name).model_dump_json().encode()
    for _ in range(2):
        await caller.bus.js.publish(ItemAdded.subject(), body, headers=headers)
    marker = unique()
    await caller.send(AddItem(name=marker))
    await eventually(lambda: _heard(caller, marker))
    assert (await count(caller, name))["event"] == 1


async def test_only_the_sender_learns_the_verdict(running, caller: Caller):
    key = uuid4()
    await caller.send(AddItem(name=unique()), command_id=key)
    assert (await caller.ask(GetCommand(command_id=str(key))))["verdict"]["status"] == "accepted"
    with pytest.raises(NotFound):
        await caller.ask(GetCommand(command_id=str(key)), STRANGER)


async def test_query_refusal_is_raised_on_the_other_side(running, caller: Caller):
    with pytest.raises(NotFound) as caught:
        await count(caller, "nobody")
    assert caught.value.code == "no_such_item"


async def test_clock_of_the_asker_may_be_a_minute_behind(running, caller: Caller):
    await caller.send(AddItem(name=(name := unique())))
    assert b"command" in await _asked(caller, name, ago=60)
    with pytest.raises(TimeoutError):  # left over from an outage: nobody waits for it any more
        await _asked(caller, name, ago=120)


async def _asked(caller: Caller, name: str, ago: int) -> bytes:
    query = CountItems(name=name)
    headers = headers_of(query, "gateway", MAPPER, uuid4())
    headers |= {h.TIME: (datetime.now(UTC) - timedelta(seconds=ago)).isoformat()}
    return (await caller.bus.nc.request(query.subject(), query.model_dump_json().encode(), 1, headers=headers)).data


async def test_query_nobody_answers_is_unavailable_at_once(caller: Caller):
    from contracts.notify import GetNotification

    with pytest.raises(Unavailable):
        await caller.ask(GetNotification(notification_id=1))


@pytest.mark.parametrize("value", ["*", ">", "a.b", "", "x" * 65, "a b"])
def test_subject_tokens_admit_no_wildcards(value: str):
    with pytest.raises(ValueError, match="subject token"):
        token(value)


async def test_bug_is_retried_then_set_aside_and_neighbours_go_on(running, caller: Caller, sql):
    key = uuid4()
    await caller.bus.send(Break(), MAPPER, key, wait=0.1)
    assert (await caller.send(AddItem(name=unique()))).status == "accepted"
    await eventually(lambda: sql("select 1 from inbox where message_id = %s and dead = 1", key), limit=45)
    assert not sql("select 1 from items where name = 'half done'")
    assert (await caller.ask(GetCommand(command_id=str(key))))["verdict"]["code"] == "dead_letter"


async def test_broken_body_is_set_aside_on_its_first_delivery(running, caller: Caller):
    key = uuid4()
    headers = {h.ID: str(key), h.TYPE: AddItem.ce_type(), h.ACTOR: MAPPER.model_dump_json()}
    sent = await caller.bus.js.publish(AddItem.subject(key), b'{"name": 5}', headers=headers)
    letter = await eventually(lambda: _dead(caller.bus, sent.seq))
    assert "name" in letter[h.REASON]
    assert letter[h.CONSUMER] == "toy-commands-v1"


async def _dead(bus: Bus, sequence: int) -> dict | None:
    info = await bus.js.stream_info("DEAD")
    for seq in range(info.state.first_seq, info.state.last_seq + 1):
        letter = await bus.js.get_msg("DEAD", seq)
        if letter.headers[h.SEQUENCE] == str(sequence):
            return letter.headers
    return None


@pytest.mark.parametrize("text", ["a\x00b", "\x00", "a\ufffeb"])
async def test_refusal_is_stored_whatever_it_quotes(running, caller: Caller, text: str):
    """PostgreSQL keeps no NUL: a refusal that quoted one was never stored, and its command became a dead letter."""
    command = Refuse(detail=f"{text} is wrong", facts={text: [text, {"deep": text}], "number": 1e308})
    key, quoted = uuid4(), text.replace("\x00", "\ufffd")
    refused = await caller.send(command, command_id=key)
    assert (refused.code, refused.detail) == ("refused", f"{quoted} is wrong")
    assert refused.facts == {quoted: [quoted, {"deep": quoted}], "number": 1e308}
    assert await caller.send(command, command_id=key) == refused.model_copy(update={"replayed": True})


def test_what_postgresql_cannot_keep_is_replaced():
    odd = Conflict("odd", "\ud83d \x00", values=(float("nan"), float("inf"), 1.5), nested={"\udc00": {"\x00"}})
    refused = odd.refused()
    assert refused.detail == "\ufffd \ufffd"
    assert refused.facts == {"values": [None, None, 1.5], "nested": {"\ufffd": ["\ufffd"]}}


@pytest.mark.parametrize("command", [AddItem, AddOnce])
async def test_value_that_cannot_be_stored_is_refused_and_not_tried_again(running, caller: Caller, command: type):
    refused = await caller.send(command(name="a\x00b"))
    assert (refused.kind, refused.code) == ("invalid", "unstorable_value")
    assert "NUL" in refused.detail

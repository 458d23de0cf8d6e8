"""Rows that no stream takes."""

import asyncio
import logging
import time
from collections.abc import Iterable
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from contracts import headers as h
from contracts.streams import EVENTS
from kit.messaging.outbox import relay
from kit.messaging.outbox.batch_publisher import Row
from kit.testing import Caller, eventually

pytestmark = pytest.mark.live
ROW = """insert into outbox (subject, headers, data)
    values ('evt.toy.v1.unheard', jsonb_build_object('ce-id', %s::text), convert_to(repeat('x', %s), 'UTF8'))
    returning seq"""
MANY = """insert into outbox (subject, headers, data)
    select 'evt.toy.v1.unheard', jsonb_build_object('ce-id', number::text), 'x' from generate_series(1, %s) number"""
DUE = "select count(*) from outbox where published_at is null"


def put(sql, size: int) -> tuple[str, int]:
    message_id = str(uuid4())
    return message_id, sql(ROW, message_id, size)[0][0]


async def letters(caller: Caller) -> dict[str, RawStreamMsg]:
    """By message id."""
    state = (await caller.bus.js.stream_info("DEAD")).state
    found = [await caller.bus.js.get_msg("DEAD", seq) for seq in range(state.first_seq, state.last_seq + 1)]
    return {(letter.headers or {})[h.ID]: letter for letter in found}


async def test_row_too_large_is_set_aside_and_holds_up_nobody(running, caller: Caller, sql, caplog):
    nc: Client = caller.bus.nc
    sizes = [EVENTS.max_msg_size + 1, nc.max_payload + 1]
    large = {size: put(sql, size) for size in sizes}
    put(sql, 1)
    started = time.monotonic()
    await eventually(lambda: sql(DUE) == [(0,)])
    assert time.monotonic() - started < 5
    dead = await letters(caller)
    for size, (message_id, number) in large.items():
        letter = dead[message_id].headers or {}
        assert (letter[h.CONSUMER], letter[h.SEQUENCE]) == ("toy-outbox", str(number))
        assert f"evt.toy.v1.unheard of {size} bytes" in letter[h.REASON]
    said = [record for record in caplog.records if record.message == "outbox.set_aside"]
    assert [record.levelno for record in said] == [logging.ERROR] * 2
    assert len((await caller.bus.js.get_last_msg("EVENTS", "evt.toy.v1.unheard")).data or b"") == 1


async def test_row_too_large_alone_takes_no_time(running, caller: Caller, sql):
    put(sql, caller.bus.nc.max_payload + 1)
    started = time.monotonic()
    await eventually(lambda: sql(DUE) == [(0,)])
    assert time.monotonic() - started < 4


async def test_rows_of_busy_moments_share_a_window(running, sql, monkeypatch):
    monkeypatch.setattr(relay, "PAUSE", 0.3)
    windows = recorded(running.relay, monkeypatch)
    sql(MANY, relay.FEW + 1)
    running.relay.wake()
    await eventually(lambda: windows == [relay.FEW + 1])
    for _ in range(3):
        put(sql, 1)
        running.relay.wake()
        await asyncio.sleep(0.05)  # time enough for a window of its own
    await eventually(lambda: sql(DUE) == [(0,)])
    assert windows == [relay.FEW + 1, 3]


async def test_few_rows_wait_for_no_others(running, sql, monkeypatch):
    monkeypatch.setattr(relay, "PAUSE", 60.0)
    windows = recorded(running.relay, monkeypatch)
    for number in range(1, 4):
        put(sql, 1)
        running.relay.wake()
        await eventually(lambda seen=number: len(windows) == seen and sql(DUE) == [(0,)])


async def test_full_windows_follow_each_other_at_once(running, sql, monkeypatch):
    monkeypatch.setattr(relay, "PAUSE", 60.0)
    monkeypatch.setattr(relay, "WINDOW", relay.FEW + 1)
    windows = recorded(running.relay, monkeypatch)
    sql(MANY, 2 * relay.WINDOW)
    running.relay.wake()
    await eventually(lambda: windows == [relay.WINDOW] * 2)


def recorded(sender: relay.Relay, monkeypatch) -> list[int]:
    """Returns the sizes of the windows that are published from now on."""
    windows: list[int] = []
    publish = sender.publisher.publish

    async def recording(rows: Iterable[Row]) -> set[int]:
        window = list(rows)
        windows.append(len(window))
        return await publish(window)

    monkeypatch.setattr(sender.publisher, "publish", recording)
    return windows

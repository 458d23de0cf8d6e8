"""Rows that no stream takes."""

import logging
import time
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.js.api import RawStreamMsg

from contracts import headers as h
from contracts.streams import EVENTS
from kit.testing import Caller, eventually

pytestmark = pytest.mark.live
ROW = """insert into outbox (subject, headers, data)
    values ('evt.toy.v1.unheard', jsonb_build_object('ce-id', %s::text), convert_to(repeat('x', %s), 'UTF8'))
    returning seq"""
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

"""Many events, one call, one commit: nothing is lost, and one that cannot be handled is found among the others."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest
import toy
from toy import LevelRead

from contracts import headers as h
from contracts.streams import DEAD, EVENTS
from kit.db.sql import upsert_many
from kit.testing import Caller, eventually

pytestmark = pytest.mark.live


def run() -> str:
    return uuid4().hex[:6]


async def publish(caller: Caller, events: list[LevelRead]) -> None:
    for start in range(0, len(events), 200):
        await asyncio.gather(*(caller.publish(event) for event in events[start : start + 200]))


def levels(sql: Callable, prefix: str) -> dict[str, int]:
    return dict(sql("select gauge, level from levels where gauge like %s", f"{prefix}%"))


async def test_events_of_a_fetch_are_one_call_one_commit_and_no_inbox_row(running, caller: Caller, sql):
    prefix = run()
    toy.calls.clear()
    await publish(caller, [LevelRead(gauge=f"{prefix}-{number}", level=number) for number in range(400)])
    await eventually(lambda: len(levels(sql, prefix)) == 400)
    assert max(toy.calls) > 10
    assert len(toy.calls) < sum(toy.calls) == 400


async def test_the_newest_counts_also_within_a_batch(running, caller: Caller, sql):
    prefix = run()
    for level in range(50):
        await caller.publish(LevelRead(gauge=prefix, level=level))
    await eventually(lambda: levels(sql, prefix) == {prefix: 49})


async def test_an_event_that_fails_is_found_and_the_others_are_done(running, caller: Caller, sql):
    prefix = run()
    dead = await caller.bus.js.stream_info(DEAD.name)
    events = [LevelRead(gauge=f"{prefix}-{number}", level=-1 if number == 77 else number) for number in range(200)]
    await publish(caller, events)
    await eventually(lambda: len(levels(sql, prefix)) == 199)
    await eventually(lambda: _buried(caller, dead.state.last_seq + 1), 45)
    letter = await caller.bus.js.get_msg(DEAD.name, dead.state.last_seq + 1)
    assert LevelRead.model_validate_json(letter.data).gauge == f"{prefix}-77"
    assert "no such level" in (letter.headers or {})[h.REASON]
    assert (await caller.bus.js.stream_info(DEAD.name)).state.last_seq == dead.state.last_seq + 1
    assert not (await caller.bus.js.consumer_info(EVENTS.name, "toy-events-v1")).num_ack_pending


async def _buried(caller: Caller, sequence: int) -> bool:
    return (await caller.bus.js.stream_info(DEAD.name)).state.last_seq >= sequence


def test_one_statement_takes_many_rows():
    rows = [{"gauge": str(number), "level": number, "at": None} for number in range(3)]
    fragment = upsert_many(toy.LevelRow.__table__, ["gauge"], rows, "at")  # type: ignore[arg-type]
    assert fragment.sql.count("(%s") == 3
    assert fragment.params == ("0", 0, None, "1", 1, None, "2", 2, None)

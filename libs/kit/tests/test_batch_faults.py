"""kill -9 in the middle of batches: nothing is lost, nothing is doubled."""

import asyncio
from uuid import uuid4

import pytest
from toy import LevelRead, build

from contracts.streams import EVENTS
from kit.testing import Caller, eventually, provisioned

pytestmark = pytest.mark.live


@pytest.mark.parametrize("point", ["batch.handled", "batch.committed"])
async def test_a_killed_batch_comes_again(settings, schema, caller: Caller, spawn, sql, point: str):
    """Killed again and again in the middle of its batches."""
    await provisioned(build(settings))
    prefix = uuid4().hex[:6]
    for level in range(1000, 3000):
        await caller.publish(LevelRead(gauge=f"{prefix}-{level % 1000}", level=level))
    for _ in range(3):
        process = spawn(failpoints=f"{point}:0.5")
        assert await asyncio.to_thread(process.wait, 30) == -9
    spawn()
    await eventually(lambda: _all_taken(caller), 60)
    levels = dict(sql("select gauge, level from levels where gauge like %s", f"{prefix}-%"))
    assert levels == {f"{prefix}-{level % 1000}": level for level in range(2000, 3000)}


async def _all_taken(caller: Caller) -> bool:
    info = await caller.bus.js.consumer_info(EVENTS.name, "toy-events-v1")
    return info.num_pending == 0 and info.num_ack_pending == 0

"""Short jobs and those that take minutes have places of their own in a worker."""

from uuid import uuid4

import pytest
from toy import CallOut, build

from kit.testing import Caller, eventually, provisioned

pytestmark = pytest.mark.live


async def test_a_short_job_does_not_wait_behind_a_long_one(settings, schema, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    spawn("worker")
    for n in range(3):
        await caller.send(CallOut(name=f"heavy {n} {uuid4().hex[:6]}"))
    await eventually(lambda: _in_work(caller), limit=30)
    name = f"light {uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), limit=15)
    assert await _in_work(caller)


async def _in_work(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-bulk-v1")).num_ack_pending == 1

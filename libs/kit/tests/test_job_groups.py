"""Short jobs and those that take minutes have places of their own in a worker."""

from uuid import uuid4

import pytest
from toy import CallOut, Grind, Haul, build

from contracts.streams import JOB_GROUPS, durable
from kit.testing import Caller, eventually, provisioned

pytestmark = pytest.mark.live


async def test_a_short_job_does_not_wait_behind_a_long_one(settings, schema, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    sql("truncate queued_jobs")
    spawn()
    spawn("worker")
    for n in range(3):
        await caller.send(CallOut(name=f"heavy {n} {uuid4().hex[:6]}"))
    await eventually(lambda: _in_work(caller), limit=30)
    name = f"light {uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), limit=15)
    assert await _in_work(caller)


async def test_a_worker_of_one_group_takes_no_other_jobs(settings, schema, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    sql("truncate queued_jobs")
    spawn()
    worker = spawn("worker", "--group", "bulk")
    name = f"light {uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await caller.send(CallOut(name=f"heavy {name}"))
    await eventually(lambda: _in_work(caller), limit=30)
    assert not sql("select 1 from items where name = %s and seen_by = 'job'", name)
    worker.kill()
    spawn("worker", "--group", "interactive")
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), limit=30)
    assert (await caller.bus.js.consumer_info("JOBS", "toy-bulk-v1")).num_ack_pending == 1, "nobody has it"


@pytest.mark.parametrize("options", [["work"], ["worker", "--group", "quick"]])
def test_wrong_arguments_are_refused_with_what_is_right(spawn, tmp_path, options: list[str]):
    process = spawn(*options, log=tmp_path / "log")
    assert process.wait(30) == 2
    assert "worker" in (tmp_path / "log").read_text()


def test_durables_keep_their_names():
    """A durable with another name would read its stream from the start."""
    assert [durable("toy", group) for group in JOB_GROUPS] == ["toy-jobs-v1", "toy-bulk-v1"]


def test_the_group_of_a_job_is_that_of_its_contract(settings):
    groups = {route.message: route.group for route in build(settings).routes}
    assert (groups[Grind], groups[Haul]) == ("interactive", "bulk")


async def _in_work(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-bulk-v1")).num_ack_pending == 1

"""SIGTERM: nothing new is taken; what is in work ends or goes to the next one at once; only then all else closes."""

import asyncio
import subprocess
from pathlib import Path
from uuid import uuid4

import nats
import pytest
from nats.aio.msg import Msg
from toy import AddItem, CallOut, Linger, Ponder, build

from contracts.base import Command
from contracts.streams import CONSUMER_GROUPS
from kit.errors import Unavailable
from kit.jobs import worker
from kit.messaging import nats_connection
from kit.messaging.delivery.pull_consumer import PullConsumer
from kit.messaging.envelope import headers_of, new_id, subject_of
from kit.messaging.queries import query_server
from kit.testing import MAPPER, Caller, eventually, provisioned
from stack.line import line_to

pytestmark = pytest.mark.live
LIMIT = 30.0
"""What the charts call the longest stop of a process."""


@pytest.fixture
async def toy(settings, schema, caller: Caller, spawn, sql) -> None:
    """Serving, with no job left of other tests."""
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    spawn()


async def stopped(process: subprocess.Popen, log: Path) -> float:
    """Seconds that an orderly end took, after SIGTERM."""
    started = asyncio.get_running_loop().time()
    process.terminate()
    assert await asyncio.to_thread(process.wait, LIMIT) == 0
    assert "Traceback" not in log.read_text(), log.read_text()
    return asyncio.get_running_loop().time() - started


async def started(caller: Caller, name: str) -> None:
    """The job is in some worker's hands."""
    await caller.send(CallOut(name=name))
    await eventually(lambda: _in_work(caller), limit=20)


async def _in_work(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-jobs-v1")).num_ack_pending == 1


def unique(name: str) -> str:
    return f"{name} {uuid4().hex[:6]}"


@pytest.mark.parametrize(("kind", "limit"), [("attentive", 5.0), ("slow", worker.GRACE + 5)])
async def test_job_goes_to_the_next_worker_at_once(toy, caller: Caller, spawn, sql, tmp_path, kind, limit):
    first = spawn("worker", log=tmp_path / "first")
    name = unique(kind)
    await started(caller, name)
    spawn("worker")
    took = await stopped(first, tmp_path / "first")
    assert took < limit < CONSUMER_GROUPS["interactive"].ack_wait
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name))
    assert "job.handed_over" in (tmp_path / "first").read_text()


async def test_job_that_is_done_in_time_is_done(toy, caller: Caller, spawn, sql, tmp_path):
    worker = spawn("worker", log=tmp_path / "worker")
    name = unique("short")
    await started(caller, name)
    await stopped(worker, tmp_path / "worker")
    assert sql("select seen_by from items where name = %s and seen_by <> 'effect'", name) == [("job",)]
    left = await caller.bus.js.consumer_info("JOBS", "toy-jobs-v1")
    assert (left.num_ack_pending, left.num_redelivered, left.num_pending) == (0, 0, 0)


async def test_job_is_not_given_up_for_being_handed_over(toy, caller: Caller, spawn, sql):
    spawn("worker")
    name = unique("pushed around")
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name))
    assert not sql("select 1 from items where name = %s and seen_by = 'given up'", name)


async def test_job_is_not_given_up_for_a_server_that_is_away(toy, caller: Caller, spawn, sql):
    spawn("worker")
    name = unique("unlucky")
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), 30)
    assert not sql("select 1 from items where name = %s and seen_by = 'given up'", name)


async def test_job_survives_a_long_absence_of_the_database(toy, caller: Caller, spawn, sql, database_url: str):
    """The worker loses its database while it works, for longer than several deliveries would take."""
    async with line_to(database_url) as line:
        spawn("worker", DATABASE_URL=line.url)
        name = unique("short")
        await started(caller, name)
        await line.cut()
        await asyncio.sleep(8)  # nothing may happen for as long as several deliveries took before
        held = await caller.bus.js.consumer_info("JOBS", "toy-jobs-v1")
        assert (held.num_ack_pending, held.num_redelivered) == (1, 0), "the worker waits in place"
        await line.open()
        await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), 30)


async def test_commands_in_work_are_done(settings, schema, caller: Caller, spawn, sql, tmp_path):
    await provisioned(build(settings))
    service = spawn(log=tmp_path / "service")
    await caller.send(AddItem(name="ready"))
    name = unique("lingering")
    for _ in range(200):
        await _published(caller, Linger(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s", name))
    await stopped(service, tmp_path / "service")
    left = await caller.bus.js.consumer_info("COMMANDS", "toy-commands-v1")
    assert (left.num_ack_pending, left.num_redelivered) == (0, 0)
    assert left.num_pending > 0, "the end came too late to show anything"


async def test_question_that_takes_too_long_is_given_up(settings, schema, caller: Caller, spawn, tmp_path):
    await provisioned(build(settings))
    service = spawn(log=tmp_path / "service")
    await caller.send(AddItem(name="ready"))
    asked = asyncio.create_task(caller.bus.ask(Ponder(), MAPPER, wait=60))
    await asyncio.sleep(0)
    await caller.bus.nc.flush()
    await caller.send(AddItem(name="asked before"))
    took = await stopped(service, tmp_path / "service")
    assert took < query_server.STOP_TIMEOUT + 5
    with pytest.raises(Unavailable, match="ending"):
        await asked


async def test_what_the_server_handed_out_is_settled(settings, schema, caller: Caller):
    """Stopped at any moment, also between the delivery and its arrival here."""
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("COMMANDS")
    settled = 0

    async def settle(msg: Msg) -> None:
        nonlocal settled
        await msg.ack()
        settled += 1

    before = (await caller.bus.js.consumer_info("COMMANDS", "toy-commands-v1")).delivered.consumer_seq
    for pause in [number / 5_000 for number in range(20)]:
        for _ in range(64):
            await _published(caller, AddItem(name="x"))
        await caller.bus.nc.flush()
        puller = PullConsumer(caller.bus.nc, "toy", CONSUMER_GROUPS["commands"], settle)
        await puller.start()
        await asyncio.sleep(pause)
        await puller.stop()
    after = (await caller.bus.js.consumer_info("COMMANDS", "toy-commands-v1")).delivered.consumer_seq
    assert after - before == settled > 0
    await caller.bus.js.purge_stream("COMMANDS")


async def test_a_new_line_has_as_many_hands_as_the_one_before(settings, schema, caller: Caller, nats_url: str):
    """Also when some of them were busy while the line was cut."""
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("COMMANDS")
    batch, busy, go_on = CONSUMER_GROUPS["commands"].batch, 0, asyncio.Event()

    async def settle(msg: Msg) -> None:
        nonlocal busy
        busy += 1
        await go_on.wait()
        busy -= 1
        await msg.ack()

    async with line_to(nats_url) as line:
        nc = await nats.connect(**nats_connection.connect_options("toy", line.url, lambda: None))
        puller = PullConsumer(nc, "toy", CONSUMER_GROUPS["commands"], settle)
        await puller.start()
        for _ in range(5):
            await _published(caller, AddItem(name="before"))
        await eventually(lambda: busy == 5)
        await line.cut()
        await eventually(lambda: not nc.is_connected)
        go_on.set()
        await eventually(lambda: busy == 0)
        go_on.clear()
        await line.open()
        await eventually(lambda: nc.is_connected)
        for _ in range(batch):
            await _published(caller, AddItem(name="after"))
        await eventually(lambda: busy >= batch, 2.0)  # well before a silence would be noticed
        go_on.set()
        await puller.stop()
        await nc.close()
    await caller.bus.js.purge_stream("COMMANDS")


async def _published(caller: Caller, command: Command) -> None:
    message_id = new_id()
    headers = headers_of(command, "toy", MAPPER, message_id)
    await caller.bus.nc.publish(subject_of(command, message_id), command.model_dump_json().encode(), headers=headers)

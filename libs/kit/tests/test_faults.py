"""kill -9 at the worst moments, a database that goes away, a consumer that is deleted."""

import asyncio
import time
from uuid import uuid4

import pytest
from nats.js.api import DeliverPolicy
from nats.js.errors import NotFoundError
from toy import AddItem, AddSoon, CallOut, Grind, build

from contracts import headers as h
from kit.jobs.context import MAX_ATTEMPTS
from kit.messaging.topology import monitor
from kit.testing import MAPPER, Caller, eventually, provisioned

pytestmark = pytest.mark.live


@pytest.fixture
async def provision(settings, schema):
    await provisioned(build(settings))


async def died(process, limit: float = 20.0) -> int:
    return await asyncio.wait_for(asyncio.to_thread(process.wait), limit)


@pytest.mark.parametrize("point", ["settle.handled", "settle.committed", "relay.acked"])
async def test_killed_process_leaves_one_effect(provision, caller: Caller, spawn, sql, point: str):
    name, key = f"killed-at-{point}", uuid4()
    process = spawn(failpoints=point)
    waiting = asyncio.create_task(caller.bus.send(AddItem(name=name), MAPPER, key, wait=40))
    assert await died(process) == -9
    process = spawn()
    await waiting
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'event'", name), limit=30)
    await eventually(lambda: not sql("select 1 from outbox where published_at is null"))
    assert sql("select seen_by, count(*) from items where name = %s group by 1 order by 1", name) == [
        ("command", 1), ("event", 1)
    ]  # fmt: skip


async def test_command_that_is_too_late_after_a_kill_has_expired_and_leaves_no_letter(provision, caller: Caller, spawn):
    """It did not fail: its first service is killed here as soon as it has it."""
    key = uuid4()
    taking = await caller.bus.js.pull_subscribe_bind(durable="toy-commands-v1", stream="COMMANDS")
    waiting = asyncio.create_task(caller.bus.send(AddSoon(name="late"), MAPPER, key, wait=30))
    (taken,) = await taking.fetch(1, timeout=10)
    assert taken.subject == AddSoon.subject(key)
    await asyncio.sleep(2 * (AddSoon.expires or 0))
    await taken.nak()
    spawn()
    assert (await waiting).code == "expired"


async def test_killed_worker_gives_its_job_back(provision, caller: Caller, spawn, sql):
    await caller.bus.js.purge_stream("JOBS")  # what other tests left would be taken first
    spawn()
    name = f"slow-{uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    worker = spawn("worker")
    await eventually(lambda: _delivered(caller), limit=20)
    worker.kill()
    spawn("worker")
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name), limit=45)


async def test_job_whose_workers_all_died_is_given_up(provision, caller: Caller, spawn, sql):
    """Deliveries are used up here as a killed worker leaves them: taken, never answered."""
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    name = f"fatal-{uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    taking = await caller.bus.js.pull_subscribe_bind(durable="toy-jobs-v1", stream="JOBS")
    for _ in range(MAX_ATTEMPTS):
        (taken,) = await taking.fetch(1, timeout=20)
        await taken.nak()
    spawn("worker")
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'given up'", name), limit=30)
    await eventually(lambda: _buried(caller, "given up after 3 deliveries"))
    assert not sql("select 1 from items where name = %s and seen_by = 'job'", name)


async def test_job_that_fails_to_the_last_is_given_up(provision, caller: Caller, spawn, sql):
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    spawn("worker")
    name = f"broken-{uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'given up'", name), limit=30)
    await eventually(lambda: _buried(caller, "RuntimeError: a bug"))


async def _buried(caller: Caller, reason: str) -> bool:
    try:
        letter = await caller.bus.js.get_last_msg("DEAD", "dead.toy")
    except NotFoundError:
        return False
    return reason in (letter.headers or {})[h.REASON]


async def _delivered(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-jobs-v1")).num_ack_pending == 1


async def test_database_away_uses_up_no_delivery(provision, caller: Caller, spawn, database_url, postgres_url, sql):
    import psycopg

    spawn()
    await caller.send(AddItem(name="before"))
    name = database_url.rsplit("/", 1)[1]
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'alter database "{name}" with allow_connections false')
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))
        waiting = asyncio.create_task(caller.bus.send(AddItem(name="during"), MAPPER, wait=30))
        await asyncio.wait([waiting], timeout=3)
        assert not waiting.done()
        admin.execute(f'alter database "{name}" with allow_connections true')
    assert (await waiting).status == "accepted"


async def test_lost_consumer_is_made_again_where_it_was(provision, caller: Caller, settings, spawn, sql):
    spawn()
    js, name = caller.bus.js, "before the loss"
    for _ in range(50):
        assert (await caller.send(AddItem(name=name))).status == "accepted"
    await asyncio.sleep(monitor.PERIOD + 1)  # until the place in the stream has been looked at
    await js.delete_consumer("COMMANDS", "toy-commands-v1")
    started = time.monotonic()
    assert (await caller.bus.send(AddItem(name="after the loss"), MAPPER, wait=30)).status == "accepted"
    assert time.monotonic() - started < 10
    info = await js.consumer_info("COMMANDS", "toy-commands-v1")
    assert info.delivered.consumer_seq < 10, "what was done before has not come again"
    await provisioned(build(settings))
    assert sql("select count(*) from items where name = %s and seen_by = 'command'", name) == [(50,)]


async def test_consumer_lost_while_nobody_listened_begins_a_little_earlier(provision, caller: Caller, spawn, sql):
    service = spawn()
    assert (await caller.send(AddItem(name="known"))).status == "accepted"
    service.kill()
    await asyncio.to_thread(service.wait, 10)
    await caller.bus.js.delete_consumer("COMMANDS", "toy-commands-v1")
    spawn()
    assert (await caller.bus.send(AddItem(name="later"), MAPPER, wait=30)).status == "accepted"
    assert sql("select count(*) from items where name = 'known' and seen_by = 'command'") == [(1,)]
    live = (await caller.bus.js.consumer_info("COMMANDS", "toy-commands-v1")).config
    assert live.deliver_policy == DeliverPolicy.BY_START_TIME


def test_only_the_owner_may_emit(settings):
    from kit.messaging.tx import Tx

    with pytest.raises(ValueError, match="may not emit"):
        Tx(build(settings).db, "catalog").emit(Grind(name="x"))

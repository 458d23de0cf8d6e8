"""The queue that users share: whose turn it is, on a real database; and that nothing is lost or doubled by kills."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from toy import CallOut, Carry, build

from contracts import headers as h
from contracts.shared import ANONYMOUS, Actor
from kit.db.database import Database
from kit.errors import NotFound
from kit.jobs import fan_out, queue, queued_work
from kit.jobs.queue_upkeep import QueueUpkeep
from kit.jobs.reaper import no_job_waits
from kit.jobs.silent_rows import SilentRows
from kit.messaging.envelope import SERVICE, Envelope
from kit.messaging.tx import Tx
from kit.telemetry import metrics
from kit.testing import Caller, eventually, provisioned

pytestmark = pytest.mark.live
ADA, BEN, CLEO = (Actor(id=number, username=name) for number, name in ((11, "Ada"), (12, "Ben"), (13, "Cleo")))


@pytest_asyncio.fixture
async def db(database_url: str, schema: None, sql) -> AsyncIterator[Database]:
    sql("truncate queued_jobs, outbox, items")
    database = Database(database_url)
    await database.open()
    yield database
    await database.close()


def command(actor: Actor, work: UUID | None = None) -> Envelope:
    """The message that a job goes back to."""
    return Envelope(work or uuid4(), None, actor, b"", {})


async def emitted(db: Database, actor: Actor, *names: str, work: UUID | None = None) -> list[UUID]:
    """Jobs of one piece of work."""
    tx = Tx(db, "toy", command(actor, work))
    ids = [tx.emit(Carry(name=name)) for name in names]
    await tx.commit()
    return ids


@pytest.fixture
def sent(sql):
    """Names of the jobs that went to the outbox, in their order."""
    return lambda: [
        name for (name,) in sql("select convert_from(data, 'UTF8')::json->>'name' from outbox order by seq")
    ]


async def test_works_of_a_user_come_one_after_the_other(db, sent):
    first, *_ = [(await emitted(db, ADA, name))[0] for name in "abc"]
    assert sent() == ["a"]
    await queue.end(db, first)
    assert sent() == ["a", "b"]
    await queue.end(db, first)
    assert sent() == ["a", "b"], "the end is counted once"


async def test_many_jobs_of_one_delay_nobody_else(db, sent):
    for number in range(60):
        await emitted(db, ADA, f"ada {number}")
    await emitted(db, BEN, "ben")
    assert sent() == ["ada 0", "ben"]


async def test_parts_of_one_work_go_together_as_far_as_the_quota(db, sent):
    work = uuid4()
    parts = await emitted(db, ADA, "part 0", "part 1", "part 2", work=work)
    (other,) = await emitted(db, ADA, "other")
    assert sent() == ["part 0", "part 1"]
    await queue.end(db, parts[0])
    await queue.end(db, parts[1])
    assert sent() == ["part 0", "part 1", "part 2"], "the other work waits for the whole of the first"
    await emitted(db, ADA, "finaliser", work=work)
    await queue.end(db, parts[2])
    assert sent() == ["part 0", "part 1", "part 2", "finaliser"], "what a job emits has the turn of its work"
    assert (await read(db, work)).ended == 3
    assert await queue.begin(db, other)


async def test_parts_of_a_fan_out_count_for_its_user(db, sent):
    tx = Tx(db, "toy", command(ADA))
    await fan_out.start(uuid4(), [Carry(name=f"part {number}") for number in range(5)], tx)
    await tx.commit()
    await tx.close()
    assert sent() == ["part 0", "part 1"]


async def test_a_transaction_that_fails_queues_nothing(db, sent, sql):
    async def refuse(_) -> None:
        raise NotFound("no", "No.")

    tx = Tx(db, "toy", command(ADA))
    tx.emit(Carry(name="undone"))
    tx.check(refuse)
    with pytest.raises(NotFound):
        await tx.commit()
    assert (sent(), sql("select 1 from queued_jobs")) == ([], [])


async def test_ends_at_once_dispatch_each_job_once(db, sent):
    work = uuid4()
    ids = await emitted(db, ADA, *map(str, range(12)), work=work)
    await asyncio.gather(*(queue.end(db, one) for one in ids[:2] * 3))
    assert sent() == ["0", "1", "2", "3"]


async def test_a_job_that_pauses_for_long_gives_its_turn_away(db, sent):
    (first,), (second,), _ = [await emitted(db, ADA, name) for name in "abc"]
    await queue.begin(db, first)
    await queue.rest(db, first)
    assert sent() == ["a", "b"]
    await queue.begin(db, first)
    await queue.end(db, second)
    assert sent() == ["a", "b"], "it is back, and came before"
    await queue.end(db, first)
    assert sent() == ["a", "b", "c"]


async def test_a_job_that_has_ended_does_not_begin_again(db):
    (one,) = await emitted(db, ADA, "a")
    assert await queue.begin(db, one)
    assert await queue.begin(db, one), "its worker was killed"
    await queue.end(db, one)
    assert not await queue.begin(db, one)
    assert await queue.begin(db, uuid4()), "sent before there was a queue"


async def test_jobs_of_the_service_itself_are_nobodys(db, sent, sql):
    tx = Tx(db, "toy")
    for name in "ab":
        tx.emit(Carry(name=name))
    await tx.commit()
    assert (sent(), sql("select 1 from queued_jobs")) == (["a", "b"], [])


async def read(db: Database, work: UUID) -> queued_work.QueuedWork:
    tx = Tx(db, "toy")
    try:
        return await queued_work.status(work, tx)
    finally:
        await tx.close()


async def test_positions_are_those_in_which_works_begin(db):
    works = {name: uuid4() for name in ("ada 0", "ada 1", "ada 2", "ben 0", "ben 1")}
    for name, work in works.items():
        await emitted(db, ADA if "ada" in name else BEN, name, work=work)
    positions = {name: (await read(db, work)).position for name, work in works.items()}
    assert positions == {"ada 0": 1, "ben 0": 2, "ada 1": 3, "ben 1": 4, "ada 2": 5}
    with pytest.raises(NotFound):
        await read(db, uuid4())


async def test_progress_and_position_of_a_work_that_has_begun(db):
    works = [uuid4(), uuid4()]
    (one,), _ = [await emitted(db, ADA, "a", work=work) for work in works]
    await queue.begin(db, one)
    await queue.record_progress(db, one, 40, "cutting")
    assert await read(db, works[0]) == queued_work.QueuedWork(1, 0, None, 40, "cutting", False)
    assert (await read(db, works[1])).position == 1
    await queue.end(db, one)
    assert (await read(db, works[0])).ended == 1


async def test_cancelling_ends_what_waits_and_tells_what_runs(db, sent):
    work = uuid4()
    parts = await emitted(db, ADA, "0", "1", "2", work=work)
    await queue.begin(db, parts[0])
    assert not await queue.is_cancelled(db, parts[0])
    tx = Tx(db, "toy")
    await queued_work.cancel(work, tx)
    await tx.commit()
    assert await queue.is_cancelled(db, parts[0])
    assert not await queue.begin(db, parts[2])
    await queue.end(db, parts[0])
    assert sent() == ["0", "1"]
    found = await read(db, work)
    assert (found.jobs, found.ended, found.cancelled) == (3, 2, True)


async def test_jobs_that_the_bus_has_lost_are_sent_again(running, caller: Caller, db, sql, caplog):
    await caller.bus.js.purge_stream("JOBS")
    name = f"carry {uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: sql("select 1 from outbox where subject like 'job.%%' and published_at is not null"))
    assert not await no_job_waits(running, "bulk"), "a reaper has to wait"
    upkeep = QueueUpkeep("bulk", "toy", running.db, running.nc, running.relay, SilentRows(apart=0))
    assert await upkeep.look() == 0, "a worker may yet take it"
    await caller.bus.js.purge_stream("JOBS")
    assert await upkeep.look() == 1
    await eventually(lambda: _pending(caller))
    await caller.bus.js.delete_consumer("JOBS", "toy-bulk-v1")
    assert [await upkeep.look(), await upkeep.look()] == [0, 0]
    assert [one.message for one in caplog.records].count("jobs.unserved") == 1, "an operator has to provision"
    assert _seconds_untaken() > 0
    await provisioned(running)
    await upkeep.look()
    assert upkeep.is_served


def _seconds_untaken() -> float:
    return metrics.JOBS_UNTAKEN.labels("bulk")._value.get()


async def _pending(caller: Caller) -> bool:
    return (await caller.bus.js.consumer_info("JOBS", "toy-bulk-v1")).num_pending == 1


async def test_users_share_workers_and_a_kill_loses_nothing(settings, db, caller: Caller, spawn, sql):
    """Three users with ten jobs each, two workers, one of which is killed at work."""
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    users = {"ada": ADA, "ben": BEN, "cleo": CLEO}
    await asyncio.gather(*(_ordered(caller, name, actor) for name, actor in users.items()))
    first, _ = spawn("worker", "--group", "bulk"), spawn("worker", "--group", "bulk")
    await eventually(lambda: len(_events(sql)) > 12, limit=40)
    first.kill()
    spawn("worker", "--group", "bulk")
    await eventually(lambda: _done(sql) == 30, limit=90)
    events = _events(sql)
    for name in users:
        mine = [(number, kind) for user, number, kind in events if user == name]
        assert [number for number, kind in mine if kind == "job"] == list(range(10)), "the order of arrival"
        assert [number for number, _ in mine] == sorted(number for number, _ in mine), "one after the other"
    starts = [(user, number) for user, number, kind in events if kind == "start"]
    assert len(starts) <= 30 + 1, "only what was killed started twice"
    assert set(starts) == {(name, number) for name in users for number in range(10)}
    assert _worst_wait(sql) <= 1
    assert sql("select state, count(*) from queued_jobs group by 1") == [("ended", 30)]
    assert sql("select count(*) from outbox where subject = 'job.toy.v1.carry'") == [(30,)], "each was sent once"


async def _ordered(caller: Caller, name: str, actor: Actor) -> None:
    for number in range(10):
        verdict = await caller.bus.send(CallOut(name=f"carry {name} {number}"), actor, wait=20)
        assert verdict
        assert verdict.status == "accepted"


def _events(sql) -> list[tuple[str, int, str]]:
    rows = sql("select name, seen_by from items where name like 'carry %%' and seen_by <> 'effect' order by id")
    return [(name.split()[1], int(name.split()[2]), kind) for name, kind in rows]


def _done(sql) -> int:
    return sum(kind == "job" for *_, kind in _events(sql))


def _worst_wait(sql) -> int:
    """The most jobs that one other user began between the end of a user's job and the beginning of his next."""
    rows = sql("select user_id, started_at, ended_at from queued_jobs order by seq")
    jobs = {user: [(start, end) for one, start, end in rows if one == user] for user, *_ in rows}
    return max(
        sum(end < start < next_start for start, _ in jobs[other])
        for user, mine in jobs.items()
        for (_, end), (next_start, _) in pairwise(mine)
        for other in jobs.keys() - {user}
    )


async def test_a_worker_killed_while_it_leaves_the_queue_ends_its_job_once(settings, db, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    for number in range(2):
        await caller.bus.send(CallOut(name=f"carry ada {number}"), ADA, wait=20)
    dying = spawn("worker", "--group", "bulk", failpoints="queue.left")
    assert await asyncio.to_thread(dying.wait, 30) == -9
    assert sql("select state from queued_jobs order by seq") == [("running",), ("waiting",)]
    spawn("worker", "--group", "bulk")
    await eventually(lambda: sql("select 1 from items where name = 'carry ada 1' and seen_by = 'job'"), limit=60)
    await eventually(lambda: sql("select count(*) from queued_jobs where state = 'ended'") == [(2,)])
    assert sql("select count(*) from outbox where subject = 'job.toy.v1.carry'") == [(2,)]


async def test_what_is_published_again_after_its_end_does_not_run(settings, db, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    spawn()
    spawn("worker", "--group", "bulk")
    await caller.bus.send(CallOut(name="carry ada 0"), ADA, wait=20)
    await eventually(lambda: sql("select 1 from queued_jobs where state = 'ended'"), limit=30)
    ((subject, headers, data),) = sql("select subject, headers, data from outbox where subject like 'job.%%'")
    await caller.bus.js.publish(subject, data, headers={**headers, h.MSG_ID: uuid4().hex})
    await eventually(lambda: _settled(caller), limit=30)
    assert sql("select count(*) from items where seen_by = 'job'") == [(1,)]
    replay = {**headers, h.REPLAY: "1", h.MSG_ID: uuid4().hex}
    await caller.bus.js.publish(subject, data, headers=replay)
    await eventually(lambda: sql("select count(*) from items where seen_by = 'job'") == [(2,)], limit=30)


async def _settled(caller: Caller) -> bool:
    info = await caller.bus.js.consumer_info("JOBS", "toy-bulk-v1")
    return not info.num_pending and not info.num_ack_pending and info.delivered.consumer_seq >= 2


def test_who_is_not_logged_in_waits_for_the_turn_of_all_such():
    assert queue.is_queued(Carry, ANONYMOUS)
    assert queue.is_queued(Carry, ADA)
    assert not queue.is_queued(Carry, SERVICE)

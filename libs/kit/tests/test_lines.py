"""Lines to PostgreSQL on which nothing comes any more, and processes that hang: nobody is told, all goes on."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from toy import CountItems, build

from kit.db.database import Database
from kit.errors import NotFound, Unavailable
from kit.messaging.outbox import relay
from kit.messaging.outbox.relay import Relay
from kit.messaging.queries import query_server
from kit.telemetry import metrics
from kit.testing import Caller, eventually, provisioned
from stack.line import Line, line_to

pytestmark = pytest.mark.live
WAITS = """insert into outbox (subject, headers, data, created_at)
    values ('evt.toy.v1.unheard', '{}', '', now() - interval '1 hour') returning seq"""
PUBLISHED = "select 1 from outbox where seq = %s and published_at is not null"


@pytest.fixture
async def line(database_url: str, schema) -> AsyncIterator[Line]:
    async with line_to(database_url) as line:
        yield line


@pytest.fixture
async def leading(line: Line, settings, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    """Or waiting to lead."""
    await provisioned(build(settings))
    monkeypatch.setattr(relay, "STATEMENT_TIMEOUT", 0.5)
    monkeypatch.setattr(relay, "IDLE_SESSION_TIMEOUT", "-c idle_session_timeout=3s")
    one = Relay("toy", Database(line.url), caller.bus.nc)
    task = asyncio.create_task(one.run())
    yield one
    task.cancel()
    await asyncio.wait({task})


def age() -> float:
    return metrics.OUTBOX_AGE._value.get()


async def test_ping_has_an_end_and_the_next_one_finds_new_connections(line: Line):
    db = Database(line.url, pool_min=4)
    await db.open()
    try:
        assert await db.ping()
        line.hang()
        started = time.monotonic()
        assert not await db.ping()
        assert time.monotonic() - started < 6
        assert [await db.ping() for _ in range(4)] == [True] * 4
    finally:
        await db.close()


async def test_question_is_answered_however_silent_the_database(line: Line, settings, caller: Caller, monkeypatch):
    monkeypatch.setattr(query_server, "MAX_SECONDS", 1.0)
    service = build(settings.model_copy(update={"database_url": SecretStr(line.url)}))
    await provisioned(service)
    task = asyncio.create_task(service.run())
    await eventually(lambda: service.ready)
    with pytest.raises(NotFound):
        await caller.ask(CountItems(name="nothing"))
    line.hang()
    with pytest.raises(Unavailable):
        await asyncio.wait_for(caller.ask(CountItems(name="nothing")), 5)
    with pytest.raises(NotFound):
        await caller.ask(CountItems(name="nothing"))
    service.end()
    await asyncio.wait_for(task, 40)


async def test_relay_takes_another_line(line: Line, leading: Relay, sql):
    await eventually(lambda: leading.leading)
    line.hang()
    ((seq,),) = sql(WAITS)
    await eventually(lambda: sql(PUBLISHED, seq), limit=10)


@pytest.fixture
def led_by_another(sql):
    sql("select pg_advisory_lock(%s)", relay.LOCK)


async def test_who_waits_to_lead_tells_how_old_the_outbox_is(led_by_another, leading: Relay, sql):
    ((seq,),) = sql(WAITS)
    await eventually(lambda: age() > 3_000)
    assert not leading.leading
    sql("select pg_advisory_unlock(%s)", relay.LOCK)
    await eventually(lambda: sql(PUBLISHED, seq))
    await eventually(lambda: age() == 0)


async def test_who_cannot_measure_keeps_no_old_figure(line: Line, leading: Relay):
    await eventually(lambda: leading.leading)
    await line.cut()
    metrics.OUTBOX_AGE.set(3_600)
    await eventually(lambda: age() == 0)


async def test_leader_that_hangs_gives_the_lead_away(settings, schema, caller: Caller, spawn, sql):
    await provisioned(build(settings))
    first = spawn()
    await eventually(lambda: sql("select 1 from pg_locks where objid = %s and granted", relay.LOCK), limit=20)
    spawn()
    first.send_signal(signal.SIGSTOP)
    ((seq,),) = sql(WAITS)
    await eventually(lambda: sql(PUBLISHED, seq), limit=40)


async def test_all_lines_are_watched(database_url: str):
    """As far as libpq tells."""
    db = Database(database_url, pool_min=1)
    await db.open()
    async with db.raw() as pooled, db.session() as session:
        mapped = await (await session.connection()).get_raw_connection()
        for connection in (pooled, mapped.driver_connection):
            options = {o.keyword.decode(): o.val for o in connection.pgconn.info if o.val}
            assert (options["tcp_user_timeout"], options["keepalives_idle"]) == (b"15000", b"10")
    await db.close()

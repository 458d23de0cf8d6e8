"""What the server has is what this version wants, or nobody works: upgrades, and what is said meanwhile."""

import asyncio
import logging
from uuid import uuid4

import httpx
import pytest
from nats.js.api import ConsumerConfig
from nats.js.errors import NotFoundError
from toy import AddItem, CallOut, build

from contracts.streams import CONSUMER_GROUPS, EVENTS, STREAMS
from kit.messaging.topology import monitor
from kit.messaging.topology.apply import consumer_config
from kit.messaging.topology.diff import drift
from kit.telemetry.samples import SampleBuffer
from kit.testing import Caller, eventually, free_port, provisioned

pytestmark = pytest.mark.live
JOBS = "toy-jobs-v1"


@pytest.fixture
async def js(settings, schema, caller: Caller):
    """As declared, before and after."""
    await provisioned(build(settings))
    await caller.bus.js.purge_stream("JOBS")
    yield caller.bus.js
    await provisioned(build(settings))


async def outdated(js) -> None:
    """The durable as a release of last year made it."""
    await js.delete_consumer("JOBS", JOBS)
    old = ConsumerConfig(durable_name=JOBS, max_deliver=3, ack_wait=60, filter_subject="job.toy.v1.mow")
    await js.add_consumer("JOBS", old)


async def readiness(port: int) -> tuple[int, dict]:
    async with httpx.AsyncClient(trust_env=False) as http:
        try:
            answer = await http.get(f"http://127.0.0.1:{port}/readyz")
        except httpx.TransportError:
            return 0, {}
    return answer.status_code, answer.json()


async def when(port: int, status: int, word: str = "") -> dict:
    """The body, once that is the status and the word is among the reasons."""

    async def answered() -> dict | None:
        code, body = await readiness(port)
        return body if code == status and word in " ".join(body["reasons"]) else None

    return await eventually(answered, 40)


async def test_old_durable_is_brought_up_to_date(js, caller: Caller, spawn, sql):
    await outdated(js)
    spawn(HTTP__PORT=str(port := free_port()))
    worker_port = free_port()
    spawn("worker", HTTP__PORT=str(worker_port))
    await when(port, 200)
    waiting = (await when(worker_port, 503, "consumer"))["reasons"]
    assert waiting == [f"consumer {JOBS}: ack_wait is 60.0, declared 22. Run `python -m toy provision`."]
    name = f"patient {uuid4().hex[:6]}"
    await caller.send(CallOut(name=name))
    await eventually(lambda: _stored(js))
    assert (await js.consumer_info("JOBS", JOBS)).delivered.consumer_seq == 0, "a worker took it as it was"
    assert await asyncio.to_thread(spawn("provision").wait, 20) == 0
    assert (await when(worker_port, 200))["consuming"]
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", name))
    live = (await js.consumer_info("JOBS", JOBS)).config
    assert (live.max_deliver, live.ack_wait, live.filter_subjects) == (-1, 22, ["job.toy.v1.grind"])


async def _stored(js) -> bool:
    return (await js.stream_info("JOBS")).state.messages > 0


async def test_worker_makes_no_durable_of_its_own(js, spawn):
    await js.delete_consumer("JOBS", JOBS)
    spawn("worker", HTTP__PORT=str(port := free_port()))
    await when(port, 503, "does not exist")
    with pytest.raises(NotFoundError):
        await js.consumer_info("JOBS", JOBS)


async def test_place_in_the_stream_survives_an_update(js, settings, caller: Caller, spawn, sql):
    """What was done before is not done again, what waits is not lost."""
    service, worker = spawn(), spawn("worker")
    done, waiting = (f"{word} {uuid4().hex[:6]}" for word in ("done", "waiting"))
    await caller.send(CallOut(name=done))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", done), 20)
    worker.kill()
    await asyncio.to_thread(worker.wait, 10)
    await caller.send(CallOut(name=waiting))
    await js.add_consumer("JOBS", _changed(settings, max_deliver=7))
    await provisioned(build(settings))
    spawn("worker")
    longest = (
        CONSUMER_GROUPS["interactive"].ack_wait + 20
    )  # the server may have given the job to the dead worker's last request
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'job'", waiting), longest)
    assert sql("select count(*) from items where name = %s and seen_by = 'job'", done) == [(1,)]
    assert service.poll() is None


def _changed(settings, **changes: int) -> ConsumerConfig:
    (jobs,) = [one for one in build(settings).durables if one.name == JOBS]
    return consumer_config(jobs).evolve(**changes)


async def test_dead_letters_are_tried_for_ever():
    assert {CONSUMER_GROUPS[name].max_deliver for name in ("dead", "advisories")} == {-1}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"max_age": 3600.0}, "stream EVENTS: max_age is 3600.0, declared 2592000.0"),
        ({"max_bytes": 1024}, "stream EVENTS: max_bytes is 1024, declared 4294967296"),
        ({"max_msg_size": 262_144}, "stream EVENTS: max_msg_size is 262144, declared 2097152"),
        ({"subjects": ["evt.toy.>"]}, "stream EVENTS: subjects is ['evt.toy.>'], declared ['evt.>']"),
    ],
)
async def test_stream_that_differs_is_put_right(js, settings, changes, problem):
    await js.update_stream((await js.stream_info("EVENTS")).config, **changes)
    durables = build(settings).durables
    assert await drift(js, durables) == [problem]
    await provisioned(build(settings))
    assert await drift(js, durables) == []


@pytest.mark.parametrize("most", [2 * EVENTS.max_bytes, -1])
async def test_stream_that_was_given_room_keeps_it(js, settings, most):
    await js.update_stream((await js.stream_info("EVENTS")).config, max_bytes=most)
    assert await drift(js, build(settings).durables) == []
    await provisioned(build(settings))
    assert (await js.stream_info("EVENTS")).config.max_bytes == most
    await js.update_stream((await js.stream_info("EVENTS")).config, max_bytes=EVENTS.max_bytes)


async def test_all_streams_are_looked_at(settings):
    class Empty:
        async def stream_info(self, name: str) -> None:
            raise NotFoundError

    assert await drift(Empty(), []) == [f"stream {one.name} does not exist" for one in STREAMS]  # type: ignore[arg-type]


async def test_running_service_bears_the_next_version_s_settings(js, settings, monkeypatch, caplog):
    """An upgrade provisions before the new pods come; those of before go on until they are replaced."""
    monkeypatch.setattr(monitor, "PERIOD", 0.05)
    await js.add_consumer("JOBS", _changed(settings, max_deliver=30))
    caplog.set_level(logging.WARNING)
    watching = asyncio.create_task(monitor.ConsumerMonitor(js, build(settings).durables, SampleBuffer(js, "toy")).run())
    await eventually(lambda: "consumer.differs" in caplog.text)
    await asyncio.wait({watching}, timeout=0.5)
    assert not watching.done()
    assert caplog.text.count("consumer.differs") == 1
    watching.cancel()


async def test_events_of_a_day_come_again_after_the_broker_lost_its_store(js, caller: Caller, spawn, sql):
    """And those that were heard before have no second effect."""
    service = spawn()
    name = f"lost {uuid4().hex[:6]}"
    await caller.send(AddItem(name=name))
    await eventually(lambda: sql("select 1 from items where name = %s and seen_by = 'event'", name))
    await eventually(lambda: not sql("select 1 from outbox where published_at is null"))
    service.kill()
    for stream in STREAMS:
        await js.delete_stream(stream.name)
    assert await asyncio.to_thread(spawn("provision").wait, 20) == 0
    assert await asyncio.to_thread(spawn("republish").wait, 20) == 0
    spawn()
    published = len(sql(
        "select 1 from outbox where subject like 'evt.%%' and octet_length(data) < %s", EVENTS.max_msg_size
    ))  # fmt: skip
    await eventually(lambda: _holds(js, published), 20)
    await eventually(lambda: _all_heard(js), 20)
    assert sql("select count(*) from items where name = %s and seen_by = 'event'", name) == [(1,)]


async def _holds(js, count: int) -> bool:
    return (await js.stream_info("EVENTS")).state.messages == count > 0


async def _all_heard(js) -> bool:
    heard = await js.consumer_info("EVENTS", "toy-events-v1")
    return (heard.num_pending, heard.num_ack_pending) == (0, 0)

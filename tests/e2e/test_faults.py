"""Nothing is lost, nothing happens twice: one steady load, every fault in turn, then the books are checked.

The faults: kill -9 of a service in its handler, of the relay between acknowledgement and mark, of the gateway between
publish and answer, of nats-server, of PostgreSQL; NATS away for 20 s; a consumer deleted; 1 % poison.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from uuid import uuid4

import httpx
import nats
import psycopg
import pytest

from contracts import headers as h
from contracts.catalog.areas import AoiCreated, CreateAoi
from contracts.catalog.labels import LabelUploadJob
from stack import run as servers
from stack.platform import run
from stack.processes import NotReady
from tests.e2e.conftest import Platform
from tests.e2e.faults import Load, Supervisor, Write, background, until

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]
CONVERGE = 30.0
CALM = 3.0
POINTS = (
    ("catalog", "settle.handled:0.3"), ("catalog", "settle.committed:0.3"), ("catalog", "relay.acked:0.3"),
    ("gateway", "bus.published:0.3"),
)  # fmt: skip
DURABLES = {"COMMANDS": "catalog-commands-v1", "EVENTS": "catalog-events-v1"}


_MARKED = "select round(ST_XMin(geom)::numeric, 6)::float, id from aois where abs(ST_YMin(geom) - %s) < 1e-7"


@pytest.fixture
def supervisor(platform: Platform) -> Supervisor:
    """With limits on requests out of the way."""
    daemons = {room: run.service(platform.home, platform.env, room) for room in ("gateway", "catalog", "notify")}
    daemons["gateway"].env = {**daemons["gateway"].env, "USER_RATE_LIMIT": "1000000/s"}
    daemons["gateway"].stop()
    daemons["gateway"].start()
    return Supervisor(platform.home, platform.env, daemons)


async def test_nothing_is_lost_and_nothing_happens_twice(platform: Platform, supervisor: Supervisor):
    load = Load(platform.url, platform.token)
    letters = await _dead_letters(platform)
    async with background(supervisor.run()):
        clients = asyncio.create_task(load.run(clients=4, pause=0.15))
        poison = await _every_fault(platform, supervisor, load)
        load.stopped = True
        await asyncio.wait_for(clients, 60)
        taken = await until(lambda: _quiet(platform), CONVERGE)
        print(f"{len(load.writes)} writes, {supervisor.restarts} restarts, backlogs gone after {taken:.1f} s")
        await _books_are_right(platform, load)
        await until(lambda: asyncio.run(_dead_letters(platform)) - letters >= poison, CONVERGE)
        assert await _dead_letters(platform) - letters == poison


async def _every_fault(platform: Platform, supervisor: Supervisor, load: Load) -> int:
    """The number of poisonous messages that were sent."""
    await _more(load, 20)
    for _ in range(2):
        await asyncio.to_thread(supervisor.daemons["catalog"].kill)
        await _more(load, 10)
    for room, point in 2 * POINTS:
        await supervisor.armed(room, point)
        await _more(load, 10)
    await _server_killed(platform, "nats", load)
    await _server_killed(platform, "postgres", load)
    await _bus_away(platform, load, 20)
    poison = await _poison(platform, max(3, len(load.writes) // 100))
    await _consumer_deleted(platform, supervisor)
    await _more(load, 20)
    return poison


async def _more(load: Load, number: int) -> None:
    """Waits until so many further writes were answered."""
    goal = sum(w.status in (201, 202) for w in load.writes) + number
    await until(lambda: sum(w.status in (201, 202) for w in load.writes) >= goal, 90)
    await asyncio.sleep(CALM / 3)


async def _server_killed(platform: Platform, name: str, load: Load) -> None:
    from stack import pids

    process = pids.running(platform.home)[name]
    pids.kill([process, *pids.children(process)])
    await until(lambda: _up(platform, name), 60)
    await _more(load, 20)


def _up(platform: Platform, name: str) -> bool:
    """Not at the first try where the killed process still holds its place."""
    with suppress(NotReady):
        servers.up({name}, None, platform.home)
        return True
    return False


async def _bus_away(platform: Platform, load: Load, seconds: float) -> None:
    from stack import pids

    pids.stop(platform.home, "nats")
    await asyncio.sleep(seconds)
    await asyncio.to_thread(servers.up, {"nats"}, None, platform.home)
    await _more(load, 20)


async def _poison(platform: Platform, number: int) -> int:
    connection = await nats.connect(platform.env["NATS__URL"])
    for _ in range(number):
        key = str(uuid4())
        headers = {h.ID: key, h.TYPE: CreateAoi.ce_type(), h.ACTOR: '{"id":1,"username":"x","roles":[]}'}
        await connection.jetstream().publish(CreateAoi.subject(key), b'{"geometry": 5}', headers=headers)
    await connection.close()
    return number


async def _consumer_deleted(platform: Platform, supervisor: Supervisor) -> None:
    """The watchdog ends the service; started again it waits for its durable, and says so."""
    before = supervisor.restarts
    connection = await nats.connect(platform.env["NATS__URL"])
    await connection.jetstream().delete_consumer("COMMANDS", DURABLES["COMMANDS"])
    await connection.close()
    readyz = f"http://127.0.0.1:{platform.home.port('internal-catalog')}/readyz"
    await until(lambda: "does not exist" in _said(readyz), 60)
    await asyncio.to_thread(run.prepare, platform.home, platform.env, "catalog")
    await until(lambda: supervisor.restarts > before, 60)


def _said(url: str) -> str:
    try:
        return httpx.get(url, timeout=2, trust_env=False).text
    except httpx.TransportError:
        return ""


def _quiet(platform: Platform) -> bool:
    """No outbox row waits, no durable of the catalog has anything left."""
    with psycopg.connect(platform.env["DATABASE_URL_CATALOG"]) as db:
        waiting = db.execute("select count(*) from outbox where published_at is null").fetchone()
    return waiting == (0,) and asyncio.run(_backlog(platform)) == 0


async def _backlog(platform: Platform) -> int:
    connection = await nats.connect(platform.env["NATS__URL"])
    infos = [await connection.jetstream().consumer_info(stream, name) for stream, name in DURABLES.items()]
    await connection.close()
    return sum((info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos)


async def _books_are_right(platform: Platform, load: Load) -> None:
    """One row, one event and one verdict for each answered write."""
    with psycopg.connect(platform.env["DATABASE_URL_CATALOG"]) as db:
        rows = db.execute(_MARKED, (load.south,)).fetchall()
    by_mark = Counter(mark for mark, _ in rows)
    assert {write.west for write in load.writes} == set(by_mark)
    assert set(by_mark.values()) == {1}
    told = await _told(platform)
    assert {told[str(row_id)] for _, row_id in rows} == {1}
    assert Counter(write.row for write in load.uploads) == await _jobs(platform, {row_id for _, row_id in rows})
    await _verdicts(platform, [write for write in load.uploads if write.command])


async def _told(platform: Platform) -> Counter[str]:
    """How often the stream holds the birth of each AOI."""
    subject, told = AoiCreated.subject(), Counter()
    connection = await nats.connect(platform.env["NATS__URL"])
    js = connection.jetstream()
    subscription = await js.subscribe(subject, ordered_consumer=True)
    held = (await js.stream_info("EVENTS", subjects_filter=subject)).state.subjects or {}
    for _ in range(held[subject]):
        message = await subscription.next_msg(timeout=10)
        told[(message.headers or {})[h.SUBJECT]] += 1
    await connection.close()
    return told


async def _jobs(platform: Platform, areas: set[int]) -> Counter[int]:
    """How many uploads the stream holds of each of these areas; no worker is there to take them."""
    subject, held = LabelUploadJob.subject(), Counter()
    connection = await nats.connect(platform.env["NATS__URL"])
    js = connection.jetstream()
    subscription = await js.subscribe(subject, ordered_consumer=True)
    number = (await js.stream_info("JOBS", subjects_filter=subject)).state.subjects or {}
    for _ in range(number.get(subject, 0)):
        held[LabelUploadJob.model_validate_json((await subscription.next_msg(timeout=10)).data).aoi_id] += 1
    await connection.close()
    return Counter({area: times for area, times in held.items() if area in areas})


async def _verdicts(platform: Platform, pending: list[Write]) -> None:
    """There are some: services were killed while clients waited for their word."""
    assert pending
    headers = {"Authorization": f"Bearer {platform.token}"}
    root = platform.url.removesuffix("/api/v1")
    async with httpx.AsyncClient(headers=headers, timeout=10) as http:
        for write in pending:
            answer = (await http.get(f"{root}{write.command}")).json()
            assert (answer["status"], answer["http"]) == ("done", 202), answer


async def _dead_letters(platform: Platform) -> int:
    headers = {"Authorization": f"Bearer {platform.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as http:
        return (await http.get(f"{platform.url}/dead-letters/", params={"limit": 1})).json()["count"]

"""Throughput of the bus: outbox to stream, event to inbox."""

import asyncio
import time
from uuid import uuid4

import nats
import psycopg
from nats.js import JetStreamContext

from contracts import headers as h
from contracts.catalog.areas import AoiCreated
from contracts.gateway import UserChanged
from stack.bench.rows import ROUNDS, Row, middle
from stack.bench.system import System

EVENTS = 5_000
LIMIT = 60.0
_FILL = """insert into outbox (subject, headers, data)
select 'evt.catalog.v1.aoi_created',
  jsonb_build_object('ce-id', gen_random_uuid(), 'ce-type', %s::text, 'ce-actor',
    '{"id":0,"username":"bench","roles":["service"]}', 'ce-time', now(), 'Nats-Msg-Id', gen_random_uuid()),
  convert_to('{"aoi_id":1,"user_id":1,"dataset":null}', 'utf8') from generate_series(1, %s)"""


def outbox(system: System) -> list[Row]:
    """Rows appear at once and the relay is woken, as every commit does; the clock runs until the last row is marked as
    acknowledged by the stream."""
    with system.connect("catalog") as db:
        rates = [asyncio.run(_drained(db, system.env["NATS__URL"])) for _ in range(ROUNDS)]
    return [Row("outbox -> stream", middle(rates), "events/s", ">= 5000", f"{EVENTS} rows inserted at once")]


async def _drained(db: psycopg.Connection, url: str) -> float:
    bus = await nats.connect(url)
    db.execute(_FILL, (AoiCreated.ce_type(), EVENTS))
    started = time.perf_counter()
    await bus.publish("wake.catalog")
    await bus.close()
    _until(lambda: not db.execute("select 1 from outbox where published_at is null limit 1").fetchone())
    return EVENTS / (time.perf_counter() - started)


def inbox(system: System) -> list[Row]:
    """Events are published first, while the reader is stopped; the clock runs from its first to its last commit."""
    rates = []
    for _ in range(ROUNDS):
        system.daemons["notify"].stop()
        asyncio.run(_publish(system.env["NATS__URL"]))
        with system.connect("notify") as db:
            rates.append(_committed(system, db))
    method = f"{EVENTS} events, those of a fetch in one commit"
    return [Row("event -> inbox committed", middle(rates), "events/s", ">= 1500", method)]


def _committed(system: System, db: psycopg.Connection) -> float:
    before = _count(db)
    system.daemons["notify"].start()
    _until(lambda: _count(db) == before + EVENTS)
    row = db.execute(
        "select min(received_at), max(received_at) from (select received_at from inbox where consumer = %s "
        "order by received_at desc limit %s) as latest", ("notify-events-v1", EVENTS),
    ).fetchone()  # fmt: skip
    if not row:
        raise ValueError("notify committed nothing")
    first, last = row
    return EVENTS / (last - first).total_seconds()


def _count(db: psycopg.Connection) -> int:
    (count,) = db.execute("select count(*) from inbox where consumer = 'notify-events-v1'").fetchone() or (0,)
    return count


async def _publish(url: str) -> None:
    connection = await nats.connect(url)
    js = connection.jetstream(timeout=30)
    for start in range(0, EVENTS, 500):
        await asyncio.gather(*(_one(js, number) for number in range(start, start + 500)))
    await connection.close()


async def _one(js: JetStreamContext, number: int) -> None:
    event = UserChanged(user_id=1_000_000 + number, username=f"bench-{number}")
    event_id = str(uuid4())
    headers = {
        h.ID: event_id, h.MSG_ID: event_id, h.TYPE: event.ce_type(), h.TIME: "2026-01-01T00:00:00+00:00",
        h.ACTOR: '{"id":0,"username":"bench","roles":["service"]}',
    }  # fmt: skip
    await js.publish(event.subject(), event.model_dump_json().encode(), headers=headers)


def _until(check: object) -> None:
    end = time.monotonic() + LIMIT
    while not check():  # type: ignore[operator]
        if time.monotonic() > end:
            raise TimeoutError("the bench waited too long")
        time.sleep(0.005)

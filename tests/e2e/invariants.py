"""What the databases and streams hold of a load: nothing lost, nothing doubled, nothing stuck."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx
import nats
import psycopg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

from contracts import headers as h
from contracts.catalog.areas import AoiCreated, CreateAoi
from stack.platform.settings import ROOMS
from tests.e2e.conftest import Platform
from tests.e2e.load import Load
from tests.e2e.writes import AREA, BASE, FEEDBACK, MODEL, STATE, UPLOAD, Kind

ROWS = {
    AREA.name: ("catalog", "select id, 1 from aois where abs(ST_YMin(geom) - %(south)s) < 1e-7"),
    UPLOAD.name: (
        "catalog",
        "select a.id, count(l) from aois a join labels l on l.aoi_id = a.id "
        "where abs(ST_YMin(a.geom) - %(south)s) < 1e-7 and a.label_status = 1 group by 1",
    ),
    MODEL.name: ("training", "select id, 1 from model_names where title = any(%(marks)s)"),
    FEEDBACK.name: ("prediction", "select id, 1 from feedback where comments = any(%(marks)s)"),
    STATE.name: ("notify", "select id, 1 from user_states where state::jsonb->>'mark' = any(%(marks)s)"),
}
"""Kind of write → its database, and its rows with how often each was written."""
STREAMS = ("COMMANDS", "EVENTS", "JOBS")


def known_base_model(platform: Platform) -> None:
    """Drafts need one; nothing is ever trained from it."""
    query(
        platform, "training",
        "insert into known_base_models (stac_item_id, model_id, user_id, visibility, facts, as_of) "
        "values (%(base)s, 0, 1, 'public', '{}', now()) on conflict do nothing", base=BASE,
    )  # fmt: skip


async def check(platform: Platform, load: Load, since: int) -> None:
    """AssertionError unless each write that was answered left one row, and one event where it has one. `since` is the
    last event before the load."""
    assert not load.wrong
    assert all(len(write.made) <= 1 for write in load.writes), "a repeat was told of another row"
    for kind in (AREA, MODEL, FEEDBACK, STATE):
        expected = {made for write in load.writes if write.kind is kind for made in write.made}
        assert await rows_of(platform, load, kind) == dict.fromkeys(expected, 1), kind.name
    uploads = {write.area for write in load.writes if write.kind is UPLOAD}
    assert await rows_of(platform, load, UPLOAD) == dict.fromkeys(uploads, 1)
    areas = {made for write in load.writes if write.kind is AREA for made in write.made}
    await _one_event_each(platform, areas, since)
    await _verdicts(platform, [write.command for write in load.writes if write.command])


async def rows_of(platform: Platform, load: Load, kind: Kind) -> dict[int, int]:
    room, statement = ROWS[kind.name]
    marks = [write.mark for write in load.writes if write.kind is kind]
    rows = await asyncio.to_thread(query, platform, room, statement, south=load.numbers.south, marks=marks)
    return dict(rows)


def query(platform: Platform, room: str, statement: str, **values: Any) -> Sequence[tuple[Any, ...]]:
    with psycopg.connect(platform.env[f"DATABASE_URL_{room.upper()}"], autocommit=True) as db:
        cursor = db.execute(statement, values)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


async def _one_event_each(platform: Platform, rows: set[int], since: int) -> None:
    """The stream holds the birth of each area once."""
    told: Counter[int] = Counter()
    async with bus(platform) as js:
        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=since + 1)
        subscription = await js.subscribe(AoiCreated.subject(), ordered_consumer=True, config=config)
        left = 1
        while left:
            message = await subscription.next_msg(timeout=10)
            told[int((message.headers or {})[h.SUBJECT])] += 1
            left = message.metadata.num_pending
    assert {row: told[row] for row in rows} == dict.fromkeys(rows, 1)


async def _verdicts(platform: Platform, commands: list[str]) -> None:
    root = platform.url.removesuffix("/api/v1")
    headers = {"Authorization": f"Bearer {platform.token}"}
    async with httpx.AsyncClient(headers=headers, timeout=10) as http:
        for command in commands:
            answer = (await http.get(f"{root}{command}")).json()
            assert (answer["status"], answer["http"]) == ("done", 202), answer


def backlog(platform: Platform, load: Load) -> dict[str, int]:
    """What waits anywhere: rows of outboxes, messages of durables, uploads of this load. Empty at rest."""
    waiting = {room: query(platform, room, _UNSENT)[0][0] for room in ROOMS}
    waiting["uploads"] = query(platform, "catalog", _UPLOADING, south=load.numbers.south)[0][0]
    return {name: number for name, number in (waiting | asyncio.run(_undone(platform))).items() if number}


_UPLOADING = "select count(*) from aois where label_status = 0 and abs(ST_YMin(geom) - %(south)s) < 1e-7"
_UNSENT = "select count(*) from outbox where published_at is null"


async def _undone(platform: Platform) -> dict[str, int]:
    async with bus(platform) as js:
        infos = [info for stream in STREAMS for info in await js.consumers_info(stream)]
    return {
        info.name: (info.num_pending or 0) + (info.num_ack_pending or 0) for info in infos if info.config.durable_name
    }


async def repeated_commands(platform: Platform) -> set[str]:
    """Subjects of new areas that the stream of commands holds more than once."""
    subject = CreateAoi.subject("*")
    async with bus(platform) as js:
        held = (await js.stream_info("COMMANDS", subjects_filter=subject)).state.subjects or {}
    return {name for name, number in held.items() if number > 1}


async def last_event(platform: Platform) -> int:
    async with bus(platform) as js:
        return (await js.stream_info("EVENTS")).state.last_seq


def dead_letters(platform: Platform) -> Counter[str]:
    """Type and reason → how many."""
    return Counter(
        dict(query(platform, "gateway", "select type || ' ' || reason, count(*) from dead_letters group by 1"))
    )


@asynccontextmanager
async def bus(platform: Platform) -> AsyncIterator[JetStreamContext]:
    """As the operator, who may do everything."""
    connection = await nats.connect(platform.env["NATS__URL"])
    try:
        yield connection.jetstream(timeout=10)
    finally:
        await connection.close()

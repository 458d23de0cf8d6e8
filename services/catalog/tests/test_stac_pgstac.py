"""A change of pgstac, whoever makes it, becomes exactly one event."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import nats
import psycopg
import pytest
import pytest_asyncio

from catalog.stac.vocabulary import collection
from kit.testing import eventually

SUBJECT = "evt.catalog.v1.stac_item_*"


def item(item_id: str, title: str = "one") -> str:
    point = {"type": "Point", "coordinates": [0, 0]}
    properties = {"datetime": "2026-01-01T00:00:00Z", "title": title}
    return json.dumps({
        "type": "Feature", "stac_version": "1.1.0", "id": item_id, "collection": "datasets", "geometry": point,
        "bbox": [0, 0, 0, 0], "properties": properties, "assets": {}, "links": [],
    })  # fmt: skip


@pytest.fixture
def third_party(running, pgstac_url: str):
    with psycopg.connect(pgstac_url, autocommit=True) as connection:
        connection.execute("select pgstac.upsert_collection(%s)", [json.dumps(collection("datasets"))])
        yield connection


@pytest_asyncio.fixture
async def heard(running, nats_url: str) -> AsyncIterator[list[tuple[str, str]]]:
    """`(written|deleted, item id)` as they come."""
    changes: list[tuple[str, str]] = []
    connection = await nats.connect(nats_url)

    async def note(msg) -> None:
        changes.append((msg.headers["ce-type"].rpartition("_")[2], json.loads(msg.data)["item_id"]))

    for what in ("written", "deleted"):
        await connection.subscribe(SUBJECT.replace("*", what), cb=note)
    await connection.flush()
    yield changes
    await connection.close()


async def drained(third_party) -> None:
    await eventually(lambda: not third_party.execute("select 1 from public.fairway_item_changes").fetchall())


async def test_written_replaced_and_deleted_items_are_one_event_each(third_party, heard):
    name = f"t-{uuid4().hex}"
    await eventually(lambda: third_party.execute("select to_regclass('public.fairway_item_changes')").fetchone()[0])
    third_party.execute("select pgstac.create_item(%s)", [item(name)])
    await eventually(lambda: heard)
    third_party.execute("select pgstac.update_item(%s)", [item(name, "two")])
    await eventually(lambda: len(heard) == 2)
    third_party.execute("select pgstac.delete_item(%s, 'datasets')", [name])
    await eventually(lambda: len(heard) == 3)
    await drained(third_party)
    assert heard == [("written", name), ("written", name), ("deleted", name)]


async def test_dropped_collection_deletes_its_items(third_party, heard):
    names = sorted(f"t-{uuid4().hex}" for _ in range(3))
    for name in names:
        third_party.execute("select pgstac.create_item(%s)", [item(name)])
    third_party.execute("select pgstac.delete_collection('datasets')")
    await eventually(lambda: len(heard) == 6)
    assert sorted(heard) == [("deleted", name) for name in names] + [("written", name) for name in names]


async def test_changes_made_while_nobody_listens_are_told_later(third_party, heard, pgstac_url: str):
    name = f"t-{uuid4().hex}"
    with psycopg.connect(pgstac_url, autocommit=True) as killer:
        of_ours = "datname = current_database() and application_name = 'fairway-catalog-stac'"
        query = f"select pg_terminate_backend(pid) from pg_stat_activity where {of_ours}"
        killed = killer.execute(query).fetchall()
    third_party.execute("select pgstac.create_item(%s)", [item(name)])
    await eventually(lambda: heard)
    await drained(third_party)
    assert killed
    assert heard == [("written", name)]


async def test_change_told_before_a_crash_is_not_told_again(third_party, heard, running):
    name = f"t-{uuid4().hex}"
    third_party.execute("begin")
    third_party.execute("select pgstac.create_item(%s)", [item(name)])
    row = third_party.execute("select id from public.fairway_item_changes order by n desc limit 1").fetchone()
    async with running.db.raw() as ours:
        await ours.execute("insert into stac_changes (id) values (%s)", [row[0]])
    third_party.execute("commit")
    await drained(third_party)
    third_party.execute("select pgstac.create_item(%s)", [item(f"{name}-next")])
    await eventually(lambda: heard)
    assert heard == [("written", f"{name}-next")]


async def test_installing_again_changes_nothing(third_party, pgstac_url: str):
    from catalog.stac.change_feed import install

    count = "select count(*) from pg_trigger where tgname like 'a_fairway%' and tgparentid = 0"
    before = third_party.execute(count).fetchone()
    async with await psycopg.AsyncConnection.connect(pgstac_url, autocommit=True) as connection:
        await install(connection)
    assert third_party.execute(count).fetchone() == before == (2,)

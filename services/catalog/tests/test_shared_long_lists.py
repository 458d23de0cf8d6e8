"""Lists stay quick when they are long: plans of the very statements they send, and numbers that the database keeps."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from catalog.areas.queries import list_aois
from catalog.datasets.presenter import DatasetPresenter
from catalog.datasets.queries import list_datasets
from catalog.stac.client import StacClient
from catalog.stac.item_cache import ItemCache
from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import ListDatasets
from contracts.shared import ANONYMOUS, Page
from kit.db import migrations
from kit.db.database import Database
from kit.messaging.tx import ReadTx
from kit.settings import StorageSettings
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, MAPPER

DATASETS = 20_000
PER_DATASET = 3
FILL = f"""
insert into datasets (stac_id, title, source_imagery, category, status, visibility, user_id, request, created_at,
                      last_modified, aoi_count)
select 'd-' || n, 'Roofs of ' || md5(n::text), 'https://t.example/{{z}}/{{x}}/{{y}}', 'buildings',
  (array['draft', 'built', 'built', 'failed'])[n % 4 + 1], (array['public', 'private'])[n % 2 + 1], n % 500, '{{}}',
  timestamptz '2026-01-01' + n * interval '1 minute', timestamptz '2026-01-01' + n * interval '1 minute', {PER_DATASET}
from generate_series(1, {DATASETS}) n;
insert into aois (geom, area, dataset_id, user_id, created_at, last_modified, is_public)
select ST_MakeEnvelope(x, y, x + 0.001, y + 0.001, 4326), 1, d.id, d.user_id, now(), now(), visibility = 'public'
from datasets d, generate_series(1, {PER_DATASET}) k,
  lateral (select d.id % 500 * 0.6 - 150 + k * 0.01 as x, d.id / 500 * 2 - 50 as y) place;
"""


@pytest.fixture(scope="module")
def scratch(postgres_url: str) -> Iterator[str]:
    name = f"test_catalog_long_{uuid4().hex[:8]}"
    url = f"{postgres_url.rsplit('/', 1)[0]}/{name}"
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute(f'create database "{name}"')
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("create extension postgis")
            migrations.upgrade("catalog", url)
            connection.execute("alter table aois disable trigger user")
            connection.execute(FILL)
            connection.execute("alter table aois enable trigger user")
            connection.execute("vacuum analyze")
        yield url
        admin.execute(f'drop database "{name}" with (force)')


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def db(scratch: str) -> AsyncIterator[Database]:
    database = Database(scratch)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def sql(scratch: str) -> Iterator[Callable[..., list]]:
    with psycopg.connect(scratch, autocommit=True) as connection:

        def run(statement: str, *params: Any) -> list:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

        yield run


async def datasets(db: Database, actor=MAPPER, page: Page | None = None, **filters: Any) -> dict:
    api = StacClient(None, None)
    read, storage = ReadTx(db, actor), Storage(StorageSettings(bucket=None))
    views = DatasetPresenter(api, storage)
    try:
        query = ListDatasets(page=page or Page(), **filters)
        return json.loads(await list_datasets(query, read, views, ItemCache(api, 1)))
    finally:
        await read.close()
        await api.stop()


async def aois(db: Database, actor=MAPPER, page: Page | None = None, **filters: Any) -> dict:
    read = ReadTx(db, actor)
    try:
        return json.loads(await list_aois(ListAois(page=page or Page(), **filters), read))
    finally:
        await read.close()


FAR = Page(offset=9_000)
LISTS = [
    pytest.param(datasets, {}, id="datasets"),
    pytest.param(datasets, {"page": FAR}, id="datasets, far page"),
    pytest.param(datasets, {"actor": ADMIN, "page": FAR}, id="datasets of everybody"),
    pytest.param(datasets, {"actor": ANONYMOUS}, id="public datasets"),
    pytest.param(datasets, {"page": Page(offset=9_000, ordering="-star_count")}, id="datasets by stars"),
    pytest.param(datasets, {"page": Page(offset=9_000, ordering="last_modified")}, id="datasets by change"),
    pytest.param(datasets, {"status": "built"}, id="built datasets"),
    pytest.param(datasets, {"user": 8}, id="a user's datasets"),
    pytest.param(datasets, {"page": Page(search="C4CA4")}, id="datasets searched"),
    pytest.param(aois, {}, id="aois"),
    pytest.param(aois, {"page": FAR}, id="aois, far page"),
    pytest.param(aois, {"actor": ADMIN, "page": FAR}, id="aois of everybody"),
    pytest.param(aois, {"user": 8}, id="a user's aois"),
    pytest.param(aois, {"dataset": 4}, id="aois of a dataset"),
    pytest.param(aois, {"page": Page(in_bbox=(10.0, 10.0, 11.0, 11.0))}, id="aois in a box"),
]


@pytest.mark.parametrize(("asked", "arguments"), LISTS)
async def test_no_list_walks_through_a_table(db: Database, asked, arguments):
    plans = await plans_of(db, lambda: asked(db, **arguments))
    walks = [plan for plan in plans if re.search(r"Seq Scan on (datasets|aois)\b", plan)]
    assert plans
    assert not walks, "\n".join(walks)


async def test_a_list_without_an_index_is_found(db: Database):
    (plan,) = await plans_of(db, lambda: datasets(db, page=Page(ordering="title", offset=9_000)), last=True)
    assert "Seq Scan on datasets" in plan


async def plans_of(db: Database, call: Callable[[], Any], last: bool = False) -> list[str]:
    """What the database makes of each statement that the call sends."""
    sent: list[tuple[str, Any]] = []

    async def noted(cursor: psycopg.AsyncCursor, statement: str | bytes, parameters: Any = None, **options: Any) -> Any:
        if cursor.connection.info.dbname in db.url:  # a service that runs in this process has loops
            sent.append((statement.decode() if isinstance(statement, bytes) else str(statement), parameters))
        return await execute(cursor, statement, parameters, **options)

    execute = psycopg.AsyncCursor.execute
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.AsyncCursor, "execute", noted)
        await call()
    lists = [one for one in sent if re.search(r"\b(datasets|aois)\b", one[0])]
    async with db.raw() as connection:
        found = []
        for statement, parameters in lists[-1:] if last else lists:
            rows = await (await connection.execute(f"explain {statement}", parameters)).fetchall()
            found.append("\n".join(row[0] for row in rows))
    return found


@pytest.mark.spec("1.2", "count of visible rows")
@pytest.mark.parametrize("filters", [{}, {"status": "built"}, {"user": 7}, {"user": 8}, {"visibility": "private"}])
async def test_numbers_of_datasets_are_exact(db: Database, sql, filters):
    columns = " ".join(f"and {'user_id' if name == 'user' else name} = %s" for name in filters)
    for actor, seen in ((MAPPER, "visibility = 'public' or user_id = 7"), (ANONYMOUS, "visibility = 'public'"),
                        (ADMIN, "true")):  # fmt: skip
        ((number,),) = sql(f"select count(*) from datasets where ({seen}) {columns}", *filters.values())
        assert (await datasets(db, actor, **filters))["count"] == number


async def test_pages_hold_every_row_once(db: Database, sql):
    ids = [row["id"] for offset in (0, 50, 100) for row in (await datasets(db, page=Page(offset=offset)))["results"]]
    expected = sql(
        "select id from datasets where visibility = 'public' or user_id = 7 order by created_at desc limit 150"
    )
    assert ids == [row[0] for row in expected]


SEEN = (
    "select count(*) from aois a left join datasets d on d.id = dataset_id where visibility = 'public' or a.user_id = 7"
)


async def exact(db: Database, sql) -> None:
    ((mine,),), ((everything,),) = sql(SEEN), sql("select count(*) from aois")
    assert ((await aois(db))["count"], (await aois(db, ADMIN))["count"]) == (mine, everything)


@pytest.mark.spec("4", "GET /aois/")
async def test_numbers_of_areas_follow_every_change(db: Database, sql):
    await exact(db, sql)
    place = "ST_MakeEnvelope(1, 1, 1.1, 1.1, 4326)"
    insert = f"insert into aois (geom, area, dataset_id, user_id, created_at, last_modified) values ({place}, 1, %s, %s, now(), now())"  # noqa: E501
    for dataset, user in ((None, 7), (None, 8), (1, 8), (2, 8), (2, 7)):
        sql(insert, dataset, user)
        await exact(db, sql)
    for change in (
        "update aois set dataset_id = 2 where dataset_id = 3",
        "update aois set dataset_id = null where dataset_id = 2",
        "update aois set dataset_id = 5 where dataset_id is null",
        "update datasets set visibility = 'public' where id = 5",
        "update datasets set visibility = 'private' where id in (5, 4)",
        "update datasets set visibility = 'public' where id in (5, 4)",
        "delete from aois where dataset_id = 6",
        "delete from datasets where id in (5, 8)",
    ):
        sql(change)
        await exact(db, sql)


async def test_area_added_while_its_dataset_becomes_public_is_public(db: Database, scratch: str, sql):
    with psycopg.connect(scratch) as publishing:
        publishing.execute("update datasets set visibility = 'public' where id = 11")
        adding = await psycopg.AsyncConnection.connect(scratch, autocommit=True)
        waiting = adding.execute(
            "insert into aois (geom, area, dataset_id, user_id, created_at, last_modified)"
            " values (ST_MakeEnvelope(1, 1, 2, 2, 4326), 1, 11, 8, now(), now()) returning is_public"
        )
        task = asyncio.ensure_future(waiting)
        await asyncio.sleep(0.2)
        assert not task.done()
        publishing.commit()
        assert await (await task).fetchone() == (True,)
        await adding.close()
    await exact(db, sql)


def test_shapes_are_analysed_by_a_few_rows(sql):
    """As many equal areas would take a core for seconds."""
    wanted = "select attstattarget from pg_attribute where attrelid = 'aois'::regclass and attname = 'geom'"
    assert sql(wanted) == [(10,)]

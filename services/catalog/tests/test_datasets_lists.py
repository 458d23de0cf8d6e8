"""Rows of datasets are written without models of contracts; they are what the contract would write."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import pytest_asyncio

from catalog.datasets import queries
from catalog.datasets.presenter import DatasetPresenter
from catalog.datasets.tables import DatasetRow, DatasetUse
from catalog.models.tables import ModelRunRow
from catalog.shared.tables import KnownUser, StarRow
from contracts.catalog.datasets import BuildOutcome, Dataset, GetDataset, ListDatasets
from contracts.shared import ANONYMOUS, Actor, Comparison, Outcome, Page, Waiting
from kit.app import Service
from kit.messaging.tx import ReadTx
from kit.testing import ADMIN, MAPPER, STRANGER

NOW = datetime(2026, 11, 30, 5, 4, 3, 20_100, tzinfo=UTC)
LATER = datetime(2026, 11, 30, 5, 4, 4, tzinfo=UTC)
SECRET = "https://t.example/{z}/{x}/{y}?api=secret"
OUTCOME = BuildOutcome(
    tiles=Outcome.of(3, [("Cloudy.", "18/1/2")]), labels=Outcome.of(2, altered=[("Cut.", "way/1")]), notes=["A note."]
)
WAITING = Waiting(reason="The object store is away.", since=NOW)
KNOWN, UNKNOWN = 9_302, 9_301
OWNERS = (MAPPER.id, KNOWN, UNKNOWN)
STATES: tuple[dict[str, Any], ...] = (
    {"status": "draft", "request": None},
    {"status": "building", "request": {"zoom": 19, "title": "x"}, "waiting": WAITING.model_dump(mode="json")},
    {"status": "built", "request": {"zoom": 18}, "outcome": OUTCOME.model_dump(mode="json"), "chip_count": 7},
    {"status": "failed", "request": {}, "error": "The imagery is away.", "offset": [1, -2.5]},
)
LISTS = [
    {}, {"status": "built"}, {"status": "draft"}, {"visibility": "private"}, {"visibility": "public"},
    {"user": KNOWN}, {"user": 0}, {"page": Page(search="roofs 4")}, {"page": Page(search="4", by_id=True)},
    {"page": Page(offset=3, limit=2)}, {"page": Page(ordering="title,-status")},
    {"page": Page(compare=[Comparison(field="source_imagery", value=SECRET)])},
    {"page": Page(compare=[Comparison(field="created_at", op="gte", value=NOW.isoformat())])},
]  # fmt: skip
ACTORS = [MAPPER, STRANGER, ADMIN, ANONYMOUS, Actor(id=UNKNOWN, username="not yet known")]


@pytest_asyncio.fixture(scope="module", loop_scope="session", autouse=True)
async def rows(running: Service) -> AsyncIterator[None]:
    async with running.db.session() as session, session.begin():
        for number in range(24):
            of = {"user_id": OWNERS[number % 3], "visibility": ("public", "private")[number % 2]}
            session.add(DatasetRow(
                stac_id=f"listed-{number}", title=f"Roofs {number}", source_imagery=SECRET, category="buildings",
                created_at=NOW, last_modified=(NOW, LATER)[number % 2], star_count=number % 5,
                **of, **STATES[number // 6],
            ))  # fmt: skip
        session.add(KnownUser(id=KNOWN, username="of old", as_of=NOW))
        for voter in ("user:7", "browser:abc"):
            session.add(StarRow(target_id="listed-12", voter=voter))
        for training, model in ((93_001, 1), (93_002, 1), (93_003, 2)):
            session.add(DatasetUse(training_id=training, stac_id="listed-14", as_of=NOW))
            session.add(ModelRunRow(training_id=training, local_model_id=model, as_of=NOW))
    yield


def presenter(running: Service) -> DatasetPresenter:
    return next(part for part in running.provides if isinstance(part, DatasetPresenter))


SIGNED = re.compile(rb"X-Amz-(Date|Signature)=[^&\"]+")
"""Another one in each second."""


async def listed(running: Service, actor: Actor, **asked: Any) -> bytes:
    read = ReadTx(running.db, actor)
    try:
        found = await queries.list_datasets(ListDatasets(**asked), read, presenter(running), None)  # type: ignore[arg-type]
        return SIGNED.sub(b"", found)
    finally:
        await read.close()


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: actor.username)
@pytest.mark.parametrize("asked", LISTS, ids=str)
async def test_rows_are_written_as_their_contract_writes_them(running: Service, actor: Actor, asked: dict[str, Any]):
    for row in orjson.loads(await listed(running, actor, **asked))["results"]:
        assert orjson.dumps(row).decode() == Dataset.model_validate(row).model_dump_json()


@pytest.mark.parametrize("actor", ACTORS, ids=lambda actor: actor.username)
async def test_the_compiled_list_is_the_one_that_is_built_anew(
    running: Service, actor: Actor, monkeypatch: pytest.MonkeyPatch
):
    pages = [{"page": Page(limit=limit, offset=offset)} for limit, offset in ((50, 0), (1000, 0), (5, 7), (5, 10_000))]
    compiled = [await listed(running, actor, **page) for page in pages]
    monkeypatch.setattr(queries, "_is_without_filters", lambda query: False)
    assert compiled == [await listed(running, actor, **page) for page in pages]


async def test_a_single_row_is_that_of_the_list(running: Service):
    for row in orjson.loads(await listed(running, MAPPER, page=Page(limit=1000)))["results"]:
        read = ReadTx(running.db, MAPPER)
        found = await queries.get_dataset(GetDataset(dataset_id=row["id"]), read, presenter(running), None)  # type: ignore[arg-type]
        await read.close()
        assert orjson.loads(found)["last_modified"] == row["last_modified"]


async def test_what_a_row_says_of_its_caller(running: Service):
    rows = {
        row["stac_id"]: row for row in orjson.loads(await listed(running, MAPPER, page=Page(limit=1000)))["results"]
    }
    assert [name for name, row in rows.items() if row["is_starred"]] == ["listed-12"]
    assert {name: row["models_count"] for name, row in rows.items() if row["models_count"]} == {"listed-14": 2}
    assert rows["listed-12"]["source_imagery"] == SECRET
    assert rows["listed-14"]["source_imagery"] == "https://t.example/{z}/{x}/{y}?api=***"
    names = [rows[f"listed-{number}"]["user"]["username"] for number in (12, 14, 16)]
    assert names == ["mapper", "", "of old"]

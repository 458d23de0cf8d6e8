"""Datasets as points, with the shift of their imagery and the models that came of them."""

from datetime import UTC, datetime

import pytest

from catalog.datasets.tables import DatasetUse
from catalog.models.tables import ModelRunRow
from contracts.catalog.datasets import ChangeDataset, GetDataset, ListDatasetCentroids, ListDatasets
from contracts.shared import ANONYMOUS, Page
from kit.testing import ADMIN, MAPPER, STRANGER, Caller

pytestmark = pytest.mark.usefixtures("running")


async def centroids(caller: Caller, actor=MAPPER, **more) -> dict[int, dict]:
    rows = (await caller.ask(ListDatasetCentroids(page=Page(limit=1000), **more), actor))["results"]
    return {row["properties"]["did"]: row for row in rows}


@pytest.mark.spec("22.3", "GET /datasets/centroid/")
async def test_centroids_are_the_middle_of_all_areas_of_visible_datasets(caller: Caller, mapping):
    private, public, empty = await mapping.draft(), await mapping.draft("public"), await mapping.draft("public")
    for dataset in (private, public):
        for west in (10, 12):
            await mapping.aoi(mapping.square(west, 50, 0.01), dataset)
    both = {private, public}
    for actor, seen in ((MAPPER, both), (STRANGER, {public}), (ANONYMOUS, {public}), (ADMIN, both)):
        assert (await centroids(caller, actor)).keys() & {private, public, empty} == seen
    point = (await centroids(caller))[public]
    assert (point["type"], point["geometry"]["type"]) == ("Feature", "Point")
    assert point["geometry"]["coordinates"] == pytest.approx([11.005, 50.005])
    row = await caller.ask(GetDataset(dataset_id=public))
    assert point["properties"] == {"did": public, "id": public, "stac_id": row["stac_id"], "title": "Draft"}
    assert set(await centroids(caller, after=private)).isdisjoint({private})


@pytest.mark.spec("22.3", "offset")
async def test_imagery_can_be_shifted(caller: Caller, mapping):
    dataset = await mapping.draft("public")
    assert (await caller.ask(GetDataset(dataset_id=dataset)))["offset"] == [0, 0]
    changed = await caller.send(ChangeDataset(dataset_id=dataset, offset=(1.5, -2)))
    assert (changed.result["offset"], changed.result["title"]) == ([1.5, -2], "Draft")
    await caller.send(ChangeDataset(dataset_id=dataset, title="Named"))
    assert (await caller.ask(GetDataset(dataset_id=dataset)))["offset"] == [1.5, -2]


@pytest.mark.spec("22.3", "models_count")
async def test_models_are_counted_once_however_often_they_were_trained(running, caller: Caller, mapping):
    dataset, now = await mapping.draft(), datetime.now(UTC)
    stac_id = (await caller.ask(GetDataset(dataset_id=dataset)))["stac_id"]
    async with running.db.session() as session, session.begin():
        for training, model in ((7_001, 70), (7_002, 70), (7_003, 71)):
            session.add(DatasetUse(training_id=training, stac_id=stac_id, as_of=now))
            session.add(ModelRunRow(training_id=training, local_model_id=model, as_of=now))
    rows = (await caller.ask(ListDatasets(page=Page(limit=1000))))["results"]
    assert {row["models_count"] for row in rows if row["id"] == dataset} == {2}


@pytest.mark.spec("3.3", "ordering")
@pytest.mark.parametrize("field", ["id", "title", "status", "created_at", "last_modified", "star_count"])
async def test_every_order_works_both_ways(caller: Caller, mapping, field):
    for _ in range(2):
        await mapping.draft()
    up, down = [
        (await caller.ask(ListDatasets(page=Page(limit=1000, ordering=sign + field))))["results"] for sign in ("", "-")
    ]
    assert [row[field] for row in up] == sorted(row[field] for row in up)
    assert [row[field] for row in down] == sorted((row[field] for row in down), reverse=True)


async def test_searches_have_an_index(running):
    async with running.db.raw() as connection:
        cursor = await connection.execute("select indexname from pg_indexes where indexdef like '%gin_trgm_ops%'")
        names = {row[0] for row in await cursor.fetchall()}
    assert names >= {
        "ix_datasets_title_trgm", "ix_datasets_stac_id_trgm", "ix_base_models_name_trgm", "ix_local_models_name_trgm",
    }  # fmt: skip


async def test_search_uses_its_index(running):
    question = "select id from datasets where lower(title) like '%' || lower('zebra') || '%'"
    async with running.db.raw() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")
        cursor = await connection.execute(f"explain {question}")
        plan = " ".join(row[0] for row in await cursor.fetchall())
    assert "ix_datasets_title_trgm" in plan

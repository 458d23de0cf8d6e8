"""Drafts: of datasets, built where they lie; of models, as training tells of them; and lists by range."""

from datetime import UTC, datetime

import pytest

from catalog.models.tables import BaseModelRow
from contracts.catalog.areas import GetAoi
from contracts.catalog.datasets import BuildDraft, CreateDataset, GetDataset, ListDatasets
from contracts.catalog.models import ArchiveLocalModel, GetLocalModel
from contracts.shared import Comparison, Page
from contracts.training import ModelCardWritten
from kit.errors import Invalid, NotFound
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, eventually

pytestmark = pytest.mark.usefixtures("running")
TEMPLATE = "https://t.example/{z}/{x}/{y}.png"
REQUEST = {
    "description": "pilot", "zoom": 18, "label_tasks": ["semantic-segmentation"], "keywords": ["building"],
    "label_classes": [{"name": "building", "classes": ["*"]}], "geometry_type": "polygon",
}  # fmt: skip


def order(dataset_id: int) -> BuildDraft:
    return BuildDraft.model_validate({**REQUEST, "dataset_id": dataset_id})


async def test_draft_is_built_from_its_own_areas(caller: Caller, mapping):
    row = (await caller.send(CreateDataset(title="Draft", source_imagery=TEMPLATE))).result
    assert "aoi_ids" in (await caller.send(order(row["id"]))).facts
    aoi_id = await mapping.aoi(dataset=row["id"])
    assert (await caller.send(order(row["id"]), STRANGER)).code == "dataset_not_found"
    verdict = await caller.send(order(row["id"]))
    assert (verdict.http, verdict.result["id"], verdict.result["status"]) == (202, row["id"], "building")
    assert (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]["dataset"] == row["id"]
    assert (await caller.send(order(row["id"]))).code == "not_a_draft"


@pytest.mark.spec("22.3", "dataset filters")
async def test_lists_narrow_by_range(caller: Caller):
    ids = [(await caller.send(CreateDataset(title="Range", source_imagery=TEMPLATE))).result["id"] for _ in range(3)]

    async def found(*compare: Comparison) -> list[int]:
        page = Page(search="range", ordering="id", compare=list(compare))
        return [row["id"] for row in (await caller.ask(ListDatasets(page=page)))["results"]]

    assert await found(Comparison(field="id", op="gt", value=str(ids[0]))) == ids[1:]
    assert await found(Comparison(field="id", value=str(ids[1]))) == [ids[1]]
    shown = await caller.ask(GetDataset(dataset_id=ids[2]))
    assert await found(Comparison(field="created_at", op="lt", value=shown["created_at"])) == ids[:2]
    assert await found(Comparison(field="unheard_of", value="1")) == ids
    with pytest.raises(Invalid):
        await found(Comparison(field="created_at", value="yesterday"))


@pytest.fixture
async def base_model(running) -> str:
    row = BaseModelRow(
        name="carded", category="buildings", stac_item_id="carded-v1", status="active", visibility="public",
        is_pinned=False, user_id=1, username="admin", error="", item={}, created_at=datetime.now(UTC),
        last_modified=datetime.now(UTC),
    )  # fmt: skip
    async with running.db.session() as session, session.begin():
        session.add(row)
    return row.stac_item_id


async def shown(caller: Caller, model_id: int, actor=MAPPER) -> dict | None:
    try:
        return await caller.ask(GetLocalModel(model_id=model_id), actor)
    except NotFound:
        return None


async def test_card_of_training_is_the_rows_birth_and_its_words(caller: Caller, base_model):
    card = ModelCardWritten(
        local_model=887_001, user_id=MAPPER.id, username="mapper", model_name="carded-roofs", dataset=3,
        base_model_stac_id=base_model, title="Carded roofs", description="dry season",
    )  # fmt: skip
    await caller.publish(card)
    row = await eventually(lambda: shown(caller, card.local_model))
    assert (row["name"], row["title"], row["dataset"], row["run_count"]) == ("carded-roofs", "Carded roofs", 3, 0)
    assert (row["status"], row["visibility"], row["stac_item_id"]) == ("active", "private", "")
    await caller.publish(card.model_copy(update={"title": "Better"}))

    async def renamed() -> bool:
        return (await caller.ask(GetLocalModel(model_id=card.local_model), MAPPER))["title"] == "Better"

    await eventually(renamed)
    archived = await caller.send(ArchiveLocalModel(model_id=card.local_model))
    assert archived.result["status"] == "archived"
    assert await shown(caller, card.local_model, ADMIN)
    back = await caller.send(ArchiveLocalModel(model_id=card.local_model, archived=False))
    assert back.result["status"] == "active"

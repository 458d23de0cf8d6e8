"""Drafts: of datasets, built where they lie; of models, as training tells of them; and lists by range."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from catalog.models.tables import BaseModelRow, LocalModelRow
from contracts.catalog.areas import GetAoi
from contracts.catalog.datasets import BuildDraft, CreateDataset, GetDataset, ListDatasets
from contracts.catalog.models import ArchiveLocalModel, GetLocalModel
from contracts.shared import Comparison, Page
from contracts.training import ModelCardWritten, ModelDeleted
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
    by_number = Page(search=str(ids[1]), by_id=True)
    assert ids[1] in [row["id"] for row in (await caller.ask(ListDatasets(page=by_number)))["results"]]
    with pytest.raises(Invalid):
        await found(Comparison(field="created_at", value="yesterday"))


@pytest.fixture
async def base_model(running) -> str:
    key = uuid4().hex[:8]
    row = BaseModelRow(
        name=f"carded-{key}", category="buildings", stac_item_id=f"carded-{key}-v1", status="active",
        visibility="public",
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


def told(base_model: str, number: int, name: str) -> tuple[ModelCardWritten, ModelDeleted]:
    about = {"local_model": number, "user_id": MAPPER.id, "model_name": name}
    words = {"username": "mapper", "title": "t", "description": "", "dataset": None, "base_model_stac_id": base_model}
    return ModelCardWritten.model_validate(about | words), ModelDeleted.model_validate(about)


async def found(running, sql: str, value: object) -> list:
    async with running.db.raw() as connection:
        return await (await connection.execute(sql, [value])).fetchall()


async def noted(running, model_id: int) -> list:
    return await found(running, "select 1 from gone_models where local_model_id = %s", model_id)


async def heard(running, message_id: UUID) -> list:
    return await found(running, "select 1 from inbox where message_id = %s", message_id)


async def test_model_that_training_deleted_is_gone_for_good(running, caller: Caller, base_model):
    """Whatever is told of it later happened before."""
    card, deleted = told(base_model, 887_002, "short-lived")
    await caller.publish(card)
    await eventually(lambda: shown(caller, 887_002))
    await caller.publish(deleted)
    unborn, deleted_first = told(base_model, 887_004, "first")
    await caller.publish(deleted_first)
    await eventually(lambda: noted(running, 887_004))
    await eventually(lambda: noted(running, 887_002))
    for late in (card, unborn):
        message_id = await caller.publish(late)
        await eventually(lambda one=message_id: heard(running, one))
    assert await shown(caller, 887_002) is None
    assert await shown(caller, 887_004) is None


async def test_published_model_outlives_its_card(running, caller: Caller, base_model):
    card, deleted = told(base_model, 887_005, "in-use")
    await caller.publish(card)
    await eventually(lambda: shown(caller, 887_005))
    async with running.db.session() as session, session.begin():
        (await session.get(LocalModelRow, 887_005)).stac_item_id = "in-use-v1"
    await caller.publish(deleted)
    await eventually(lambda: noted(running, 887_005))
    assert await shown(caller, 887_005)


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

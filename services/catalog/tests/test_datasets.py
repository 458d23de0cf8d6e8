import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest

from catalog.datasets.quota import BuildQuota
from catalog.datasets.tables import DatasetUse
from catalog.models.tables import BaseModelRow
from contracts.catalog.areas import CreateAoi, GetAoi
from contracts.catalog.datasets import (
    BuildDataset,
    BuildDraft,
    ChangeDataset,
    CreateDataset,
    DeleteDataset,
    GetDataset,
    ListDatasets,
    RebuildDataset,
)
from contracts.catalog.ownership_counts import CountOwned
from contracts.shared import ANONYMOUS, Actor, Page
from contracts.training import TrainingDeleted, TrainingSubmitted
from kit.errors import Forbidden, NotFound
from kit.testing import ADMIN, STRANGER, Caller, eventually

pytestmark = pytest.mark.usefixtures("running")
TEMPLATE = "https://t.example/{z}/{x}/{y}.png"
REQUEST = {
    "title": "Hilltop roofs", "description": "pilot", "source_imagery": TEMPLATE, "category": "buildings", "zoom": 18,
    "label_tasks": ["semantic-segmentation"], "label_classes": [{"name": "building", "classes": ["*"]}],
    "keywords": ["building"], "geometry_type": "polygon",
}  # fmt: skip


async def asked(caller: Caller, mapping, **change):
    aoi_ids = change.pop("aoi_ids", None) or [await mapping.aoi()]
    return await caller.send(BuildDataset.model_validate({**REQUEST, "aoi_ids": aoi_ids, **change}))


@pytest.mark.spec("3.2", "created_at, last_modified")
@pytest.mark.spec("3.3", "POST /datasets/build/, stac_id from the title, AOIs are re-pointed")
@pytest.mark.spec("3.2", "id, stac_id, title, source_imagery, category, status, visibility, stac_url, user, stac")
@pytest.mark.spec("3.2", "star_count, is_starred, assets, assets only when built")
async def test_build_answers_with_the_row_and_takes_the_areas(caller: Caller, mapping):
    aoi_id = await mapping.aoi(dataset=await mapping.draft())
    verdict = await asked(caller, mapping, aoi_ids=[aoi_id])
    row = verdict.result
    assert verdict.http == 202
    assert datetime.now(UTC) - datetime.fromisoformat(row["created_at"]) < timedelta(minutes=1)
    assert row["last_modified"] >= row["created_at"]
    assert re.fullmatch("hilltop-roofs-[0-9a-f]{6}", row["stac_id"])
    assert (row["title"], row["source_imagery"], row["category"]) == ("Hilltop roofs", TEMPLATE, "buildings")
    assert (row["star_count"], row["is_starred"]) == (0, False)
    assert (await caller.ask(GetDataset(dataset_id=row["id"])))["id"] == row["id"]
    assert (row["status"], row["visibility"], row["assets"], row["stac"]) == ("building", "private", None, None)
    assert row["user"] == {"osm_id": 7, "username": "mapper"}
    assert row["stac_url"].endswith(f"/collections/datasets/items/{row['stac_id']}")
    assert (await caller.ask(GetAoi(aoi_id=aoi_id)))["properties"]["dataset"] == row["id"]


@pytest.mark.spec("3.3", "title, category, source_imagery, keywords")
async def test_every_fault_of_a_request_is_told_at_once(caller: Caller, mapping):
    verdict = await asked(
        caller, mapping, title="", category="nothing", keywords=[], source_imagery="https://t.example/1"
    )
    assert set(verdict.facts) == {"title", "category", "keywords", "source_imagery"}


@pytest.mark.parametrize(
    ("imagery", "words"),
    [
        ("https://t.example/{z}/{x}", "{x}, {y} and {z}"),
        ("https://t.example/{z}/{x}/{y}/{secret}", "Unknown placeholder"),
        ("http://t.example/{z}/{x}/{y}", "Only https"),
        ("https://127.0.0.1/{z}/{x}/{y}", "not on the public internet"),
        ("https://[::ffff:10.0.0.1]/{z}/{x}/{y}", "not on the public internet"),
        ("https://2130706433/{z}/{x}/{y}", "not a usable web address"),
        ("file:///etc/{z}/{x}/{y}", "begins with https"),
    ],
)
async def test_imagery_that_may_not_be_fetched_is_refused(caller: Caller, mapping, imagery, words):
    verdict = await asked(caller, mapping, source_imagery=imagery)
    assert words in verdict.facts["source_imagery"][0]


async def test_area_with_too_many_tiles_is_refused(caller: Caller, mapping):
    verdict = await asked(caller, mapping, aoi_ids=[await mapping.aoi(mapping.square(85.0, 27.0, 0.3))], zoom=20)
    assert verdict.code == "too_many_tiles"
    assert "2,000 tiles at zoom 20" in verdict.detail


@pytest.mark.spec("3.3", "aoi_ids, foreign AOI 404, repeated AOI 404, admin may not build on others' AOIs")
async def test_foreign_absent_and_repeated_areas_are_not_found(caller: Caller, mapping):
    mine = await mapping.aoi()
    for aoi_ids, actor in (([mine, 987_654], None), ([mine, mine], None), ([mine], STRANGER), ([mine], ADMIN)):
        command = BuildDataset.model_validate({**REQUEST, "title": "never made", "aoi_ids": aoi_ids})
        verdict = await (caller.send(command, actor) if actor else caller.send(command))
        assert (verdict.kind, verdict.code, "aoi_ids" in verdict.detail) == ("not_found", "aois_not_found", True)
    assert {row["title"] for row in (await caller.ask(ListDatasets(page=Page(search="never"))))["results"]} == set()
    assert (await caller.ask(GetAoi(aoi_id=mine)))["properties"]["dataset"] is None


@pytest.mark.spec("3.1", "category is other, status is draft, visibility is private")
@pytest.mark.spec("3.3", "POST /datasets/, untitled")
async def test_draft_belongs_to_its_maker(caller: Caller):
    verdict = await caller.send(CreateDataset(title="!!!", source_imagery=TEMPLATE))
    row = verdict.result
    assert verdict.http == 201
    assert (row["status"], row["category"], row["visibility"]) == ("draft", "other", "private")
    assert re.fullmatch("untitled-[0-9a-f]{6}", row["stac_id"])
    assert row["user"] == {"osm_id": 7, "username": "mapper"}


@pytest.mark.spec("3.1", "title and stac_id have 200 characters")
async def test_longest_title_has_an_id(caller: Caller):
    command = CreateDataset(title="roofs " * 33 + "12", source_imagery=TEMPLATE)
    assert len(command.title) == 200
    assert len((await caller.send(command)).result["stac_id"]) <= 200
    assert list((await caller.send(command.model_copy(update={"title": "x" * 201}))).facts) == ["title"]


@pytest.mark.spec("3.3", "GET /datasets/, GET /datasets/{id}/, visibility")
async def test_visibility_rules(caller: Caller, mapping):
    private, public = await mapping.draft(), await mapping.draft("public")
    for actor, seen in ((STRANGER, {public}), (ANONYMOUS, {public}), (ADMIN, {private, public})):
        rows = await caller.ask(ListDatasets(page=Page(limit=1000)), actor)
        assert {row["id"] for row in rows["results"]} & {private, public} == seen
        assert rows["count"] == len(rows["results"])
    with pytest.raises(NotFound):
        await caller.ask(GetDataset(dataset_id=private), STRANGER)


@pytest.mark.spec("3.3", "PATCH /datasets/{id}/, PUT /datasets/{id}/")
async def test_only_the_owner_and_admins_change(caller: Caller, mapping):
    private, public = await mapping.draft(), await mapping.draft("public")
    assert (await caller.send(ChangeDataset(dataset_id=private, title="x"), STRANGER)).code == "dataset_not_found"
    assert (await caller.send(ChangeDataset(dataset_id=public, title="x"), STRANGER)).code == "not_yours"
    assert (await caller.send(DeleteDataset(dataset_id=public), STRANGER)).code == "not_yours"
    changed = await caller.send(ChangeDataset(dataset_id=private, title="New", category="trees"), ADMIN)
    assert (changed.result["title"], changed.result["category"]) == ("New", "trees")
    assert (await caller.send(ChangeDataset(dataset_id=private, category="nothing"))).facts.keys() == {"category"}


@pytest.mark.spec("3.1", "newest first")
@pytest.mark.spec("3.3", "filter status, filter visibility, filter user, search, search stac_id, ordering")
async def test_list_filters_searches_and_orders(caller: Caller):
    for title in ("Zebra north roofs", "zebra SOUTH roofs", "Zebra trees"):
        await caller.send(CreateDataset(title=title, source_imagery=TEMPLATE))
    found = await caller.ask(ListDatasets(page=Page(search="ROOFS zebra", ordering="nonsense,created_at")))
    assert [row["title"] for row in found["results"]] == ["Zebra north roofs", "zebra SOUTH roofs"]
    assert found["count"] == 2
    stac_id = found["results"][0]["stac_id"]
    assert [row["stac_id"] for row in (await caller.ask(ListDatasets(page=Page(search=stac_id))))["results"]] == [
        stac_id
    ]
    newest = await caller.ask(ListDatasets(page=Page(search="zebra", limit=1)))
    assert (newest["count"], newest["results"][0]["title"]) == (3, "Zebra trees")
    assert (await caller.ask(ListDatasets(page=Page(search="zebra%"))))["count"] == 0
    shown = next(row["id"] for row in found["results"])
    await caller.send(ChangeDataset(dataset_id=shown, visibility="public"))
    for filters, count in (
        ({"status": "draft"}, 3), ({"status": "built"}, 0), ({"user": 7}, 3), ({"user": 8}, 0),
        ({"visibility": "public"}, 1), ({"visibility": "private"}, 2),
    ):  # fmt: skip
        assert (await caller.ask(ListDatasets(page=Page(search="zebra"), **filters)))["count"] == count


async def test_only_failed_builds_can_be_repeated(caller: Caller, mapping):
    assert (await caller.send(RebuildDataset(dataset_id=await mapping.draft()))).code == "not_failed"
    building = (await asked(caller, mapping)).result["id"]
    assert (await caller.send(RebuildDataset(dataset_id=building))).code == "build_under_way"


EAGER = Actor(id=4801, username="eager")


async def test_builds_of_one_person_have_a_limit(running, caller: Caller, mapping, monkeypatch):
    """Also of many that are asked for at the same time, of drafts, and of those that are built again."""
    most = 3
    monkeypatch.setattr(next(part for part in running.provides if isinstance(part, BuildQuota)), "most", most)

    async def aoi(dataset: int | None = None) -> int:
        made = await caller.send(CreateAoi(geometry=mapping.square(), dataset=dataset), EAGER)
        return made.result["properties"]["id"]

    async def built(aoi_id: int):
        return await caller.send(BuildDataset.model_validate({**REQUEST, "aoi_ids": [aoi_id]}), EAGER)

    def is_full(verdict) -> bool:
        assert (verdict.kind, verdict.code) == ("too_many", "too_many_unfinished")
        assert f"{most} unfinished builds" in verdict.detail
        assert "Wait until one has ended" in verdict.detail
        return verdict.facts["limit"] == most

    failed = (await built(await aoi())).result["id"]
    await set_status(running, failed, "failed")
    draft = (await caller.send(CreateDataset(title="Draft", source_imagery=TEMPLATE), EAGER)).result["id"]
    await aoi(draft)
    drawn = [await aoi() for _ in range(2 * most)]
    sent = await asyncio.gather(*map(built, drawn))
    refused = [verdict for verdict in sent if verdict.status == "refused"]
    assert len(refused) == most
    assert all(map(is_full, refused))
    order = {name: value for name, value in REQUEST.items() if name not in ("title", "source_imagery", "category")}
    again, from_draft = RebuildDataset(dataset_id=failed), BuildDraft(dataset_id=draft, **order)
    for command, actor in ((again, EAGER), (from_draft, EAGER), (again, ADMIN)):
        assert is_full(await caller.send(command, actor))
    taken = [verdict.result["id"] for verdict in sent if verdict.status == "accepted"]
    await set_status(running, taken[0], "failed")
    assert (await caller.send(again, EAGER)).status == "accepted"
    await set_status(running, taken[1], "failed")
    assert (await caller.send(from_draft, EAGER)).status == "accepted"


async def set_status(running, dataset_id: int, status: str) -> None:
    async with running.db.raw() as connection:
        await connection.execute("update datasets set status = %s where id = %s", (status, dataset_id))


async def noted(running, training_id: int) -> bool:
    async with running.db.session() as session:
        return await session.get(DatasetUse, training_id) is not None


@pytest.fixture
async def base_model(running) -> str:
    """A base model that trainings may refer to."""
    row = BaseModelRow(
        name="tested", category="buildings", stac_item_id="tested-v1", status="active", visibility="public",
        is_pinned=False, user_id=1, username="admin", error="", item={}, created_at=datetime.now(UTC),
        last_modified=datetime.now(UTC),
    )  # fmt: skip
    async with running.db.session() as session, session.begin():
        session.add(row)
    return row.stac_item_id


@pytest.mark.spec("3.3", "DELETE /datasets/{id}/, used dataset 409")
async def test_used_dataset_stays_and_an_unused_one_takes_its_areas_along(running, caller: Caller, mapping, base_model):
    used, free = await mapping.draft(), await mapping.draft()
    event = TrainingSubmitted(
        training_id=90_241, user_id=7, model_name="m", local_model=1, username="mapper", base_model_stac_id=base_model,
        dataset_stac_id=(await caller.ask(GetDataset(dataset_id=used)))["stac_id"],
    )  # fmt: skip
    await caller.publish(event)
    aoi_id = await mapping.aoi(dataset=free)
    await eventually(lambda: noted(running, 90_241))
    refused = await caller.send(DeleteDataset(dataset_id=used))
    assert (refused.kind, refused.code) == ("conflict", "dataset_in_use")
    assert (await caller.send(DeleteDataset(dataset_id=free))).http == 204
    for query in (GetDataset(dataset_id=free), GetAoi(aoi_id=aoi_id)):
        with pytest.raises(NotFound):
            await caller.ask(query)
    gone = TrainingDeleted(training_id=90_241, user_id=7, model_name="m", dataset_stac_id=event.dataset_stac_id)
    await caller.publish(gone)

    async def deleted() -> bool:
        return (await caller.send(DeleteDataset(dataset_id=used))).status == "accepted"

    await eventually(deleted)


@pytest.mark.spec("2.4", "models_count, datasets_count")
async def test_owned_things_are_counted_whoever_may_see_them(caller: Caller, mapping):
    owner = Actor(id=90_210, username="collector")
    for number in range(2):
        body = {"title": f"Counted {number}", "source_imagery": TEMPLATE, "category": "buildings"}
        assert (await caller.send(CreateDataset(**body), owner)).status == "accepted"
    assert await caller.ask(CountOwned(user_id=owner.id), owner) == {"datasets": 2, "models": 0}
    assert (await caller.ask(CountOwned(user_id=owner.id), ADMIN))["datasets"] == 2
    with pytest.raises(Forbidden):
        await caller.ask(CountOwned(user_id=owner.id), STRANGER)

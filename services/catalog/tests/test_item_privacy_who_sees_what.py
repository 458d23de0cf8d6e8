"""Every kind of file and every way to an item, of what is private and of what is public, for everybody who may ask."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from stac_things import base_item, dataset_facts

from catalog.datasets.tables import DatasetRow
from catalog.models.tables import BaseModelRow, LocalModelRow
from catalog.stac.client import StacClient
from catalog.stac.names import mlm_name
from catalog.stac.publish_dataset import publish_dataset
from contracts.catalog import files as c
from contracts.catalog.curation import ListPinnedModels
from contracts.catalog.datasets import GetDataset, ListDatasets
from contracts.catalog.models import (
    BaseModelRegistered,
    GetBaseModel,
    GetLocalModel,
    GetModelSummary,
    ListBaseModels,
    ListLocalModels,
)
from contracts.shared import ANONYMOUS, Actor, Page
from kit.errors import NotFound
from kit.testing import ADMIN, MAPPER, STRANGER, Caller, example

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running")]
ACTORS = {"owner": MAPPER, "administrator": ADMIN, "stranger": STRANGER, "anonymous": ANONYMOUS}
PRIVATE = {"owner", "administrator"}
COLLECTIONS = ("datasets", "base-models", "local-models")
MIRRORED = ("model", "checkpoint", "training-metrics", "reliability", "download")
FACTS = example(BaseModelRegistered).facts.model_dump(mode="json")


@dataclass(frozen=True)
class Thing:
    """A row of the mapper's with an item and files of every kind."""

    collection: str
    id: int
    item_id: str
    folder: str

    def files(self) -> dict[str, Any]:
        """Each question for a file, by what it is about."""
        kinds = ("labels", "chips", *MIRRORED) if self.collection == "datasets" else MIRRORED
        about = {"collection": self.collection, "item_id": self.item_id}
        found: dict[str, Any] = {kind: c.GetDownload(**about, asset=kind) for kind in kinds}
        return found | {f"HEAD {kind}": c.GetDownload(**about, asset=kind, head=True) for kind in kinds}


@pytest_asyncio.fixture(scope="module", params=["private", "public"])
async def things(running, caller: Caller, stac: StacClient, storage, request) -> AsyncIterator[tuple[str, list[Thing]]]:
    """A dataset, a base model and a local model."""
    made = [await _made(collection, request.param, running, stac) for collection in COLLECTIONS]
    for thing in made:
        for kind in MIRRORED:
            await storage.put(f"downloads/{thing.collection}/{thing.item_id}/{kind}/a.bin", b"x")
        await storage.put(f"zenml/{thing.collection}/{thing.item_id}/model.onnx", b"x")
        await storage.put(f"{thing.collection}/{thing.item_id}/labels/labels.geojson", b"{}")
        await storage.put(f"{thing.collection}/{thing.item_id}/chips/0.tif", b"x")
    yield request.param, made


async def _made(collection: str, visibility: str, running, stac: StacClient) -> Thing:
    name, below = (f"w-{uuid4().hex[:10]}" for _ in range(2))
    common = {"visibility": visibility, "user_id": MAPPER.id, "created_at": datetime.now(UTC),
              "last_modified": datetime.now(UTC)}  # fmt: skip
    model = {**common, "name": name, "category": "buildings", "stac_item_id": name, "status": "active",
             "is_pinned": True, "username": "mapper", "facts": FACTS | {"stac_item_id": name}}  # fmt: skip
    row: Any = DatasetRow(
        **common, stac_id=name, title=name, source_imagery="https://t.example/{z}/{x}/{y}", category="buildings",
        status="built",
    ) if collection == "datasets" else BaseModelRow(**model, item={})  # fmt: skip
    async with running.db.session() as session, session.begin():
        if collection == "local-models":
            await stac.put({**base_item(), "id": below, "collection": "base-models"})
            base = BaseModelRow(**model | {"name": below, "stac_item_id": below, "visibility": "public"}, item={})
            session.add(base)
            await session.flush()
            row = LocalModelRow(**model, id=int(uuid4()) % 10**9, base_model_id=base.id)
        session.add(row)
        await session.flush()
        number = row.id
    if collection == "datasets":
        await publish_dataset(dataset_facts(stac_id=name), stac)
    else:
        item = base_item(**{"mlm:name": mlm_name(name)})
        await stac.put({**item, "id": name, "collection": collection})
    return Thing(collection, number, name, f"{collection}/{name}/")


async def allowed(caller: Caller, query: Any) -> set[str]:
    """Names of the actors that get an answer; the others are told that there is no such thing."""
    return {name for name, actor in ACTORS.items() if await _is_answered(caller, query, actor)}


async def _is_answered(caller: Caller, query: Any, actor: Actor) -> bool:
    try:
        await caller.ask(query, actor)
    except NotFound:
        return False
    return True


async def test_files_are_for_who_may_see_their_row(things, caller: Caller, storage):
    visibility, made = things
    expected = PRIVATE if visibility == "private" else set(ACTORS)
    for thing in made:
        for kind, query in thing.files().items():
            assert await allowed(caller, query) == expected, (thing.collection, kind)
        artifact = {"bucket": storage.settings.bucket, "key": f"{storage.prefix}zenml/{thing.folder}model.onnx"}
        for query in (c.GetArtifact(**artifact), c.HeadArtifact(**artifact)):
            assert await allowed(caller, query) == expected, (thing.collection, type(query))


async def test_the_workspace_shows_what_one_may_see(things, caller: Caller, storage):
    visibility, made = things
    expected = PRIVATE if visibility == "private" else set(ACTORS)
    for thing in made:
        for shelf in ("", "downloads/"):
            home = f"{storage.prefix}{shelf}{thing.folder}"
            assert await allowed(caller, c.ListWorkspace(prefix=home)) == expected, home
            assert await allowed(caller, c.GetWorkspaceUrl(key=f"{home}labels/labels.geojson")) == expected, home
        above = c.ListWorkspace(prefix=f"{storage.prefix}{thing.collection}/")
        listed = {name for name, actor in ACTORS.items() if thing.item_id in await _folders(caller, above, actor)}
        assert listed == expected, thing.collection


async def _folders(caller: Caller, query: c.ListWorkspace, actor: Actor) -> set[str]:
    names, following = set(), ""
    while following is not None:
        level = await caller.ask(query.model_copy(update={"continuation": following}), actor)
        names |= {folder["name"] for folder in level["folders"]}
        following = level["next"]
    return names


async def test_items_are_expanded_for_who_may_see_their_row(things, caller: Caller):
    visibility, made = things
    expected = PRIVATE if visibility == "private" else set(ACTORS)
    dataset, base, local = made
    alone = {
        dataset: [GetDataset(dataset_id=dataset.id, expand=True), GetDataset(stac_id=dataset.item_id, expand=True)],
        base: [
            GetBaseModel(model_id=base.id, expand=True), GetBaseModel(stac_item_id=base.item_id, expand=True),
            GetModelSummary(stac_item_id=base.item_id),
        ],
        local: [GetLocalModel(model_id=local.id, expand=True), GetModelSummary(stac_item_id=local.item_id)],
    }  # fmt: skip
    for thing, queries in alone.items():
        for query in queries:
            assert await allowed(caller, query) == expected, (thing.collection, type(query))
    lists = {
        dataset: [ListDatasets(page=Page(search=dataset.item_id), expand=True)],
        base: [ListBaseModels(page=Page(search=base.item_id), expand=True), ListPinnedModels()],
        local: [ListLocalModels(page=Page(search=local.item_id), expand=True), ListPinnedModels()],
    }
    for thing, queries in lists.items():
        for query in queries:
            seen = {name for name, actor in ACTORS.items() if thing.item_id in str(await caller.ask(query, actor))}
            assert seen == expected, (thing.collection, type(query))


async def test_the_public_catalogue_has_what_is_public(things, stac: StacClient):
    """Whoever asks: it knows nobody."""
    visibility, made = things
    async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
        for thing in made:
            collection = f"{stac.root}/collections/{thing.collection}"
            alone = await http.get(f"{collection}/items/{thing.item_id}")
            assert (alone.status_code == 200) is (visibility == "public"), thing.collection
            same = {"filter": f"id='{thing.item_id}'", "filter-lang": "cql2-text"}
            answers = [
                await http.get(f"{collection}/items", params=same | {"limit": 1000}),
                await http.get(f"{stac.root}/search", params={"ids": thing.item_id}),
                await http.post(f"{stac.root}/search", json={"ids": [thing.item_id]}),
            ]
            for answer in answers:
                assert answer.status_code == 200, answer.text
                found = {feature["id"] for feature in answer.json()["features"]}
                assert (thing.item_id in found) is (visibility == "public"), (thing.collection, answer.url)

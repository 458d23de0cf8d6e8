"""What is private is not in the public catalogue, its files are its owner's, and keys in addresses are hidden."""

from dataclasses import replace

import httpx
import pytest
from stac_things import dataset_facts

from catalog.item_privacy.usecases import _withdrawn
from catalog.stac.client import StacClient
from catalog.stac.item_inputs import StoredFile
from catalog.stac.publish_dataset import publish_dataset
from catalog.stac.vocabulary import DATASETS
from contracts.catalog.datasets import ChangeDataset, CreateDataset, GetDataset, ListDatasets
from contracts.catalog.files import GetDownload
from contracts.shared import ANONYMOUS, Comparison, Page
from kit.errors import NotFound
from kit.testing import ADMIN, MAPPER, STRANGER, eventually

pytestmark = pytest.mark.live
KEYED = "https://tiles.example/{z}/{x}/{y}.png?access_token=of-the-owner"
MASKED = "https://tiles.example/{z}/{x}/{y}.png?access_token=***"


async def seen_by_everybody(stac: StacClient, item_id: str) -> bool | None:
    """None while the item moves and one way to see it shows another state than the other."""
    async with httpx.AsyncClient(trust_env=False) as http:
        alone = (await http.get(stac.href(DATASETS, item_id))).status_code == 200
        found = bool((await http.post(f"{stac.root}/search", json={"ids": [item_id]})).json()["features"])
    return alone if alone == found else None


@pytest.fixture
async def dataset(caller, stac: StacClient) -> dict:
    """Private, of the mapper, registered twice, so that there is an archived version too."""
    row = (await caller.send(CreateDataset(title="Hill", source_imagery=KEYED))).result
    facts = dataset_facts(stac_id=row["stac_id"], source_imagery=KEYED)
    await publish_dataset(facts, stac)
    await publish_dataset(replace(facts, labels=StoredFile("s3://bucket/l", 3, "bb" * 32)), stac)
    return row


async def test_items_are_public_while_their_row_is(dataset, caller, stac):
    names = [dataset["stac_id"], f"{dataset['stac_id']}-v1"]
    for name in names:
        assert (await stac.get(DATASETS, name))["id"] == name
        assert await seen_by_everybody(stac, name) is False
    before = await stac.get(DATASETS, names[0])
    for visibility, public in (("public", True), ("private", False)):
        await caller.send(ChangeDataset(dataset_id=dataset["id"], visibility=visibility))

        async def moved(public=public) -> bool:
            return [await seen_by_everybody(stac, name) for name in names] == [public, public]

        await eventually(moved, 30)
        after = await stac.get(DATASETS, names[0])
        assert after["assets"] == before["assets"]
        assert after["properties"] | {"updated": ""} == before["properties"] | {"updated": ""}


async def test_items_of_older_releases_are_withdrawn(dataset, running, stac):
    item = await stac.get(DATASETS, dataset["stac_id"])
    await stac._put_public(item)
    await stac.private.delete(DATASETS, item["id"])
    assert await seen_by_everybody(stac, item["id"])
    async with running.db.session() as session:
        row = await session.get_one(_rows(), dataset["id"])
        row.status = "built"
        await session.commit()
    assert await _withdrawn(stac, running.db)
    assert await seen_by_everybody(stac, item["id"]) is False
    assert (await stac.get(DATASETS, item["id"]))["properties"]["title"] == item["properties"]["title"]


def _rows():
    from catalog.datasets.tables import DatasetRow

    return DatasetRow


async def test_files_of_a_private_dataset_are_for_its_owner(dataset, caller, storage):
    await storage.put(f"downloads/datasets/{dataset['stac_id']}/download/hill.zip", b"zip", "application/zip")
    await storage.put(f"datasets/{dataset['stac_id']}/labels/labels.geojson", b"{}", "application/geo+json")
    zipped = GetDownload(collection=DATASETS, item_id=dataset["stac_id"], asset="download", name="hill.zip")
    labels = zipped.model_copy(update={"asset": "labels", "name": "labels.geojson"})
    for query in (zipped, labels):
        for actor in (MAPPER, ADMIN):
            link = await caller.ask(query, actor)
            async with httpx.AsyncClient(trust_env=False) as http:
                assert (await http.get(link["url"])).status_code == 200
                head = await caller.ask(query.model_copy(update={"head": True}), actor)
                assert (await http.head(head["url"])).status_code == 200
        for actor in (STRANGER, ANONYMOUS):
            with pytest.raises(NotFound):
                await caller.ask(query, actor)
    with pytest.raises(NotFound):
        await caller.ask(zipped.model_copy(update={"name": "other.zip"}))
    await caller.send(ChangeDataset(dataset_id=dataset["id"], visibility="public"))
    assert "url" in await caller.ask(zipped, ANONYMOUS)


async def test_keys_in_addresses_are_shown_to_the_owner_alone(dataset, caller, stac):
    await caller.send(ChangeDataset(dataset_id=dataset["id"], visibility="public"))
    query = GetDataset(dataset_id=dataset["id"])
    shown = {actor.id: (await caller.ask(query, actor))["source_imagery"] for actor in (MAPPER, ADMIN, STRANGER)}
    assert shown == {MAPPER.id: KEYED, ADMIN.id: KEYED, STRANGER.id: MASKED}
    assert (await caller.ask(query, ANONYMOUS))["source_imagery"] == MASKED
    assert "of-the-owner" not in str(await stac.get(DATASETS, dataset["stac_id"]))
    guess = Page(compare=[Comparison(field="source_imagery", op="gte", value=KEYED[:-3])], search=dataset["stac_id"])
    counts = [(await caller.ask(ListDatasets(page=guess), actor))["count"] for actor in (MAPPER, STRANGER)]
    assert counts == [1, 0]

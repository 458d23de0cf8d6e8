"""PARENT_BUCKET_FOLDER set to nothing: every key begins where the bucket does, on the real store."""

from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from contracts.catalog import files as c
from contracts.catalog.datasets import DeleteDataset, GetDataset
from contracts.shared import ANONYMOUS
from kit.errors import NotFound
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, STRANGER, Caller, eventually

pytestmark = [pytest.mark.usefixtures("running", "bare"), pytest.mark.timeout(300)]
SHELVES = ["base-models", "datasets", "downloads", "local-models", "predict"]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `Storage` makes of an empty folder, in each that is there."""
    monkeypatch.setattr(Storage, "prefix", property(lambda _: "", lambda *_: None), raising=False)


@pytest_asyncio.fixture
async def put(storage: Storage):
    made: list[str] = []

    async def put(key: str, content: bytes = b"0123456789") -> str:
        await storage.put(key, content)
        made.append(key)
        return key

    yield put
    await storage.remove(made)


async def fetched(url: str) -> bytes:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(url)).raise_for_status().content


@pytest.mark.spec("19", "folder may be empty")
async def test_a_build_lies_at_the_top_of_the_bucket(working, builder, storage: Storage, stac, caller: Caller):
    row = await builder.ask(builder.part(0, 0.2))
    built = await builder.ended(row["id"])
    assert built["error"] == ""
    home = f"datasets/{row['stac_id']}/"
    stored = await storage.level(home)
    assert stored.folders == [f"{home}{name}/" for name in ("chips", "download", "labels")]
    item = await stac.get("datasets", row["stac_id"])
    labels = item["assets"]["labels"]
    stored_at = labels.get("alternate", {}).get("s3", labels)[
        "href"
    ]  # beside the address of the API, once that is there
    assert stored_at == f"s3://{storage.settings.bucket}/{home}labels/labels.geojson"
    assert b"FeatureCollection" in await fetched(built["assets"]["labels"])
    assert f"{home}chips/".encode() in await fetched(built["assets"]["chips"])
    await eventually(lambda: storage.keys(f"downloads/{home}download/"), 30)
    await caller.send(DeleteDataset(dataset_id=row["id"]))


@pytest.mark.spec("19", "folder may be empty")
async def test_people_walk_and_fetch_from_the_top(caller: Caller, mapping, put):
    stac_id = (await caller.ask(GetDataset(dataset_id=await mapping.draft())))["stac_id"]
    key = await put(f"datasets/{stac_id}/labels/labels.geojson")
    names = [folder["name"] for folder in (await caller.ask(c.ListWorkspace()))["folders"]]
    assert names == SHELVES
    listed = await caller.ask(c.ListWorkspace(prefix=f"datasets/{stac_id}/labels"))
    assert [file["key"] for file in listed["files"]] == [key]
    assert await fetched((await caller.ask(c.GetWorkspaceUrl(key=key)))["url"]) == b"0123456789"
    for query in (c.GetWorkspaceUrl(key=key), c.ListWorkspace(prefix=f"datasets/{stac_id}/")):
        with pytest.raises(NotFound):
            await caller.ask(query, STRANGER)
        await caller.ask(query, ADMIN)


@pytest.mark.spec("19", "folder may be empty")
async def test_what_everybody_may_fetch(caller: Caller, storage: Storage, put):
    name = uuid4().hex
    await put(f"downloads/datasets/{name}/download/{name}.zip")
    link = await caller.ask(c.GetDownload(collection="datasets", item_id=name, asset="download"), ANONYMOUS)
    assert await fetched(link["url"]) == b"0123456789"
    place = {"bucket": storage.settings.bucket, "key": await put(f"zenml/datasets/{name}/x")}
    assert await fetched((await caller.ask(c.GetArtifact(**place), ANONYMOUS))["url"]) == b"0123456789"
    assert (await caller.ask(c.HeadArtifact(**place), ANONYMOUS))["size"] == 10
    with pytest.raises(NotFound):
        await caller.ask(c.HeadArtifact(**place | {"key": f"dev/{place['key']}"}), ANONYMOUS)


@pytest.mark.spec("19", "folder may be empty")
async def test_keys_and_addresses_are_each_others_inverse(storage: Storage, put):
    key = await put(f"predict/{uuid4().hex}/output/predictions.geojson")
    copy = f"predict/{uuid4().hex}/output/copy.geojson"
    await storage.copy(storage.uri(key), copy)
    assert storage.uri(key) == f"s3://{storage.settings.bucket}/{key}"
    assert (storage.key_of(storage.uri(key)), await storage.get(copy)) == (key, b"0123456789")
    assert await fetched(storage.presigned(key)) == b"0123456789"
    await storage.remove([copy])
    assert await storage.head(copy) is None

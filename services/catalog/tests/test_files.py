"""Downloads that the public catalogue points at, pipeline artifacts, the workspace."""

import json
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import nats
import numpy as np
import pytest
import pytest_asyncio
import shapely
from pyogrio import raw
from stac_fixtures import settled
from stac_things import base_item, tiny_onnx

from catalog.stac.vocabulary import BASE_MODELS
from contracts.catalog import files as c
from contracts.catalog.datasets import GetDataset
from contracts.catalog.models import RegisterBaseModel
from contracts.shared import ANONYMOUS
from kit.errors import NotFound
from kit.jobs.context import JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.storage.object_storage import Storage
from kit.testing import ADMIN, MAPPER, STRANGER, eventually

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("running")]
BASE = "https://fair.example/api/v1"


def address(item_id: str, asset: str) -> str:
    """It ends as the file does."""
    name = {"model": "model.onnx", "checkpoint": "checkpoint.pt"}[asset]
    return f"{BASE}/stac-assets/base-models/{item_id}/{asset}/{name}"


async def mirrored(stac, item_id: str) -> dict:
    async def pointed():
        item = await stac.get(BASE_MODELS, item_id)
        return item if item and item["assets"]["model"]["href"] == address(item_id, "model") else None

    return await eventually(pointed, 30)


async def fetched(caller, item_id: str, asset: str = "model", **headers: str) -> httpx.Response:
    link = await caller.ask(c.GetDownload(collection=BASE_MODELS, item_id=item_id, asset=asset), ANONYMOUS)
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.get(link["url"], headers=headers)


@pytest.mark.spec("19", "downloads/{collection}/{item}/{asset}/")
@pytest.mark.spec("18.4", "copies and republishes")
@pytest.mark.spec("6.5", "GET /stac-assets/{collection}/{item_id}/{asset}/")
async def test_registered_model_can_be_downloaded_by_everybody(registered, stac, storage, caller):
    item = await mirrored(stac, registered["stac_item_id"])
    origin = storage.uri(f"base-models/{item['id']}/v1/model/model.onnx")
    answer = await fetched(caller, item["id"])
    assert answer.content == tiny_onnx()
    assert item["assets"]["checkpoint"]["href"] == address(item["id"], "checkpoint")
    assert item["assets"]["model"]["alternate"] == {"s3": {"href": origin}}
    assert await storage.keys(f"downloads/base-models/{item['id']}/model/") == [
        f"downloads/base-models/{item['id']}/model/model.onnx"
    ]


@pytest.mark.spec("25", "365 prediction in the browser: ranges and CORS behind the redirect")
async def test_browsers_may_read_parts_of_the_file_from_any_origin(registered, stac, caller):
    await mirrored(stac, registered["stac_item_id"])
    answer = await fetched(caller, registered["stac_item_id"], origin="https://map.example", range="bytes=0-9")
    assert (answer.status_code, answer.content) == (206, tiny_onnx()[:10])
    assert answer.headers["access-control-allow-origin"] in ("*", "https://map.example")
    assert "content-range" in answer.headers["access-control-expose-headers"].lower()


async def test_archived_version_keeps_its_own_files(registered, stac, storage, caller, weights, files_port):
    await mirrored(stac, registered["stac_item_id"])
    (weights / "checkpoint.pt").write_bytes(b"better weights")
    item = base_item(files_port, **{"mlm:name": registered["name"]}) | {"id": registered["stac_item_id"]}
    await settled(caller, (await caller.send(RegisterBaseModel(stac_item=item), ADMIN)).result["id"])
    await mirrored(stac, item["id"])
    await mirrored(stac, f"{item['id']}-v1")
    new, old = [await fetched(caller, item_id, "checkpoint") for item_id in (item["id"], f"{item['id']}-v1")]
    assert (new.content, old.content) == (b"better weights", b"weights")


@pytest.mark.spec("18.4", "mirrored ones are skipped")
async def test_mirroring_again_changes_nothing(registered, stac, running, caller):
    before = await mirrored(stac, registered["stac_item_id"])
    progress = await heard_while(caller, running, registered["stac_item_id"])
    assert await stac.get(BASE_MODELS, before["id"]) == before
    assert progress == [("catalogue", 0, 0)]


async def test_mirroring_is_told_step_by_step(registered, stac, running, caller):
    item = await mirrored(stac, registered["stac_item_id"])
    for name in ("model", "checkpoint"):
        item["assets"][name]["href"] = item["assets"][name].pop("alternate")["s3"]["href"]
    await stac.put(item)
    progress = await heard_while(caller, running, item["id"])
    assert progress == [("model", 0, 2), ("checkpoint", 1, 2), ("catalogue", 2, 2)]
    await mirrored(stac, item["id"])


async def heard_while(caller, running, item_id: str) -> list[tuple[str, int, int]]:
    """Progress of one more mirroring of that item; the one before it may still be telling its last step."""
    heard, user_id = await hints(caller, c.MirrorProgress), MAPPER.id + 1000

    def mine() -> list[dict]:
        return [hint["progress"] for hint in heard if hint["user_id"] == user_id]

    await run_job(running, c.MirrorJob(collection=BASE_MODELS, item_id=item_id, user_id=user_id))
    await eventually(lambda: mine() and mine()[-1]["stage"] == "catalogue")
    return [tuple(progress[key] for key in ("stage", "done", "total")) for progress in mine()]


async def run_job(running, job) -> None:
    """One delivery, here and now."""
    route = next(route for route in running.routes if route.message is type(job)).bound(running.provides)
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", ADMIN, new_id()))
    await route.handler(job, JobContext(envelope, running.db, running.bus, running.relay, "catalog", 1))


async def hints(caller, live) -> list[dict]:
    heard: list[dict] = []

    async def note(msg) -> None:
        heard.append(json.loads(msg.data))

    await caller.bus.nc.subscribe(live.subject("*"), cb=note)
    await caller.bus.nc.flush()
    return heard


@pytest.mark.spec("6.5", "unknown asset 404, no object 404")
@pytest.mark.spec("6.5", "unknown collection 404, asset or no object")
@pytest.mark.parametrize("change", [{"collection": "zenml"}, {"asset": "labels"}, {"item_id": "none"}])
async def test_there_are_no_other_downloads(registered, stac, caller, change):
    await mirrored(stac, registered["stac_item_id"])
    query = {"collection": BASE_MODELS, "item_id": registered["stac_item_id"], "asset": "model"} | change
    with pytest.raises(NotFound):
        await caller.ask(c.GetDownload(**query), ANONYMOUS)


@pytest.mark.spec("6.6", "GET /artifacts/{bucket}/{key}, HEAD /artifacts/{bucket}/{key}")
@pytest.mark.spec("19", "zenml/")
async def test_public_artifacts_are_linked_and_measured(caller, storage):
    key = f"{storage.prefix}zenml/local-models/{uuid4().hex}/model.onnx"
    place = {"bucket": storage.settings.bucket, "key": key}
    with pytest.raises(NotFound):
        await caller.ask(c.HeadArtifact(**place), ANONYMOUS)
    await storage.put(key.removeprefix(storage.prefix), b"0123456789")
    link = await caller.ask(c.GetArtifact(**place), ANONYMOUS)
    async with httpx.AsyncClient(trust_env=False) as http:
        part = await http.get(link["url"], headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")
    assert (await caller.ask(c.HeadArtifact(**place), ANONYMOUS))["size"] == 10


@pytest.mark.spec("6.6", "other bucket 404, other prefix 404, dots 404")
@pytest.mark.parametrize(
    ("bucket", "key"),
    [
        ("other", "{folder}zenml/datasets/x"), (None, "zenml/datasets/x"), (None, "{folder}zenml/secrets/x"),
        (None, "{folder}datasets/x"), (None, "{folder}zenml/datasets/../x"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("query", [c.GetArtifact, c.HeadArtifact])
async def test_nothing_else_is_public(caller, storage, query, bucket, key):
    place = {"bucket": bucket or storage.settings.bucket, "key": key.format(folder=storage.prefix)}
    with pytest.raises(NotFound):
        await caller.ask(query(**place), ANONYMOUS)


IMPOSSIBLE = ["a\x00b", "a\x1fb", "a\x7fb", "a/../b", "../b", "..", "a/./b", "\ufffe", "ü" * 500]


@pytest.mark.parametrize("actor", [ANONYMOUS, MAPPER, ADMIN], ids=["anonymous", "mapper", "administrator"])
@pytest.mark.parametrize("key", IMPOSSIBLE, ids=lambda key: ascii(key)[:12])
async def test_impossible_keys_are_refused_before_the_store_is_asked(caller, storage, shelf, monkeypatch, key, actor):
    async def asked(*_: object) -> None:
        raise AssertionError("the store was asked")

    for question in ("head", "level"):
        monkeypatch.setattr(Storage, question, asked)
    bucket, home, artifacts = storage.settings.bucket, shelf["home"], f"{storage.prefix}zenml/datasets/"
    about = {"collection": BASE_MODELS, "asset": "model"}
    queries = [
        c.GetDownload(**about, item_id=key), c.GetDownload(**about, item_id="x", name=key),
        *(query(bucket=bucket, key=f"{artifacts}{key}") for query in (c.GetArtifact, c.HeadArtifact)),
        c.ListWorkspace(prefix=f"{home}{key}"), c.GetWorkspaceUrl(key=f"{home}{key}"),
        c.ReadFeatures(key=f"{home}{key}/x.fgb", box=(0, 0, 1, 1), limit=1),
    ]  # fmt: skip
    for query in queries:
        with pytest.raises(NotFound):
            await caller.ask(query, actor)


@pytest_asyncio.fixture
async def shelf(caller, mapping, storage) -> dict[str, str]:
    """A private dataset of the mapper, with files."""
    stac_id = (await caller.ask(GetDataset(dataset_id=await mapping.draft())))["stac_id"]
    await storage.put(f"datasets/{stac_id}/labels/labels.geojson", b"{}")
    for number in range(3):
        await storage.put(f"datasets/{stac_id}/chips/{number}.tif", b"chip")
    return {"stac_id": stac_id, "home": f"{storage.prefix}datasets/{stac_id}/"}


async def listed(caller, actor=MAPPER, **query) -> dict:
    return await caller.ask(c.ListWorkspace(**query), actor)


@pytest.mark.spec("14", "GET /workspace/, prefix, folders, files, one level")
async def test_folders_and_files_of_ones_own_dataset(caller, shelf):
    top = await listed(caller, prefix=shelf["home"])
    labels = await listed(caller, prefix=f"{shelf['home']}labels")
    assert [folder["name"] for folder in top["folders"]] == ["chips", "labels"]
    assert top["folders"][0]["prefix"] == f"{shelf['home']}chips/"
    (file,) = labels["files"]
    assert (file["key"], file["size"]) == (f"{shelf['home']}labels/labels.geojson", 2)
    assert file["last_modified"].startswith("20")


@pytest.mark.spec("14", "GET /workspace/url/, url, expires_in, existence is not checked")
async def test_address_of_a_file_opens_it_for_a_while(caller, shelf):
    link = await caller.ask(c.GetWorkspaceUrl(key=f"{shelf['home']}labels/labels.geojson"))
    absent = await caller.ask(c.GetWorkspaceUrl(key=f"{shelf['home']}labels/nothing.json"))
    assert (link["expires_in"], absent["expires_in"]) == (900, 900)
    assert parse_qs(urlsplit(link["url"]).query)["X-Amz-Expires"] == ["900"]
    async with httpx.AsyncClient(trust_env=False) as http:
        assert [(await http.get(one["url"])).status_code for one in (link, absent)] == [200, 404]


@pytest.mark.spec("14", "more than 1000 keys")
async def test_pages_continue_where_the_last_one_ended(caller, shelf):
    for actor in (MAPPER, ADMIN):
        first = await listed(caller, actor, prefix=f"{shelf['home']}chips/", limit=2)
        rest = await listed(caller, actor, prefix=f"{shelf['home']}chips/", limit=2, continuation=first["next"])
        names = [file["key"].rpartition("/")[2] for page in (first, rest) for file in page["files"]]
        assert (names, rest["next"]) == (["0.tif", "1.tif", "2.tif"], None)


@pytest.mark.spec("14", "own and public prefixes only")
@pytest.mark.spec("24", "4 workspace limited to own and public prefixes")
async def test_others_do_not_see_a_private_dataset(caller, mapping, shelf, storage):
    datasets = f"{storage.prefix}datasets/"
    mine, theirs = [await listed(caller, actor, prefix=datasets) for actor in (MAPPER, STRANGER)]
    assert shelf["stac_id"] in [folder["name"] for folder in mine["folders"]]
    assert shelf["stac_id"] not in [folder["name"] for folder in theirs["folders"]]
    for query in (
        c.ListWorkspace(prefix=shelf["home"]),
        c.GetWorkspaceUrl(key=f"{shelf['home']}labels/labels.geojson"),
    ):
        with pytest.raises(NotFound):
            await caller.ask(query, STRANGER)
        await caller.ask(query, ADMIN)
    public = await mapping.draft(visibility="public")
    stac_id = (await caller.ask(GetDataset(dataset_id=public)))["stac_id"]
    assert (await listed(caller, STRANGER, prefix=f"{datasets}{stac_id}/"))["files"] == []


async def test_folders_of_rows_are_paged(caller, mapping, storage):
    for _ in range(3):
        await mapping.draft()
    query, names = {"prefix": f"{storage.prefix}datasets/", "limit": 2}, []
    following = ""
    while following is not None:
        page = await listed(caller, **query, continuation=following)
        names += [folder["name"] for folder in page["folders"]]
        following = page["next"]
    assert names == sorted(set(names))
    assert len(names) >= 3


@pytest_asyncio.fixture
async def predictions(nats_url: str) -> AsyncIterator[None]:
    """Stands in for prediction: the mapper sees number 5, others nothing."""
    connection = await nats.connect(nats_url)

    async def answer(msg) -> None:
        kind, body = msg.headers["ce-type"].rpartition(".")[2], json.loads(msg.data)
        own = json.loads(msg.headers["ce-actor"])["id"] == 7
        if kind == "list_predictions":
            rows = [{"id": 5}] if own else []
            await msg.respond(json.dumps({"count": len(rows), "results": rows}).encode())
        elif own and body["prediction_id"] == 5:
            await msg.respond(b"{}")
        else:
            refused = {"kind": "not_found", "code": "prediction_not_found"}
            await connection.publish(msg.reply, json.dumps(refused).encode(), headers={"fairway-refused": "not_found"})

    await connection.subscribe("qry.prediction.>", cb=answer)
    await connection.flush()
    yield
    await connection.close()


async def test_predictions_are_asked_about_their_own(caller, storage, predictions):
    shelf = f"{storage.prefix}predict/"
    await storage.put("predict/5/output/predictions.geojson", b"{}")
    mine, theirs = [await listed(caller, actor, prefix=shelf) for actor in (MAPPER, STRANGER)]
    assert ([folder["name"] for folder in mine["folders"]], theirs["folders"]) == (["5"], [])
    key = f"{shelf}5/output/predictions.geojson"
    link = await caller.ask(c.GetWorkspaceUrl(key=key))
    assert (link["expires_in"], key in link["url"]) == (900, True)
    for other, actor in ((key, STRANGER), (f"{shelf}6/x", MAPPER), (f"{shelf}x/y", MAPPER)):
        with pytest.raises(NotFound):
            await caller.ask(c.GetWorkspaceUrl(key=other), actor)


async def test_people_walk_down_from_the_root(caller, storage):
    root = await listed(caller)
    shelves = await listed(caller, prefix=storage.prefix)
    assert [folder["prefix"] for folder in root["folders"]] == [storage.prefix]
    assert [folder["name"] for folder in shelves["folders"]] == [
        "base-models", "datasets", "downloads", "local-models", "predict",
    ]  # fmt: skip
    for prefix in ("other/", f"{storage.prefix}zenml/"):
        with pytest.raises(NotFound):
            await listed(caller, prefix=prefix)


async def test_administrators_see_the_bucket_as_it_is(caller, storage):
    await storage.put("packages/x", b"x")
    names = [folder["name"] for folder in (await listed(caller, ADMIN, prefix=storage.prefix))["folders"]]
    assert "packages" in names
    assert (await caller.ask(c.GetWorkspaceUrl(key=f"{storage.prefix}packages/x"), ADMIN))["url"]


async def flat_geobuf(storage, folder: str, west: float = 85.0) -> str:
    """Nine squares in a row, a hundredth of a degree each, as results of predictions are written; those beyond 180°
    stand on the other side."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "predictions.fgb"
        starts = [west + n / 50 - 360 * (west + n / 50 >= 180) for n in range(9)]
        squares = [shapely.box(start, 27, start + 0.01, 27.01) for start in starts]
        columns = [np.arange(9) / 10, np.array([f"house {n}" for n in range(9)], dtype=object)]
        raw.write(
            path, shapely.to_wkb(squares), columns, ["confidence", "name"], driver="FlatGeobuf", crs="EPSG:4326",
            geometry_type="Polygon", SPATIAL_INDEX="YES",
        )  # fmt: skip
        await storage.upload(str(path), f"{folder}predictions.fgb")
    return f"{storage.prefix}{folder}predictions.fgb"


@pytest.mark.spec("22.8", "GET /workspace/stream/{path}.fgb")
async def test_features_of_a_file_are_read_by_their_box(caller, storage, predictions):
    key = await flat_geobuf(storage, "predict/5/output/")
    box = (85.0, 26.9, 85.05, 27.1)
    found = await caller.ask(c.ReadFeatures(key=key, box=box))
    assert (sorted(one["properties"]["name"] for one in found["features"]), found["next"]) == (
        ["house 0", "house 1", "house 2"], None,
    )  # fmt: skip
    assert found["features"][0]["geometry"]["type"] == "Polygon"
    whole = (84.0, 26.0, 87.0, 28.0)
    first = await caller.ask(c.ReadFeatures(key=key, box=whole, limit=4))
    rest = await caller.ask(c.ReadFeatures(key=key, box=whole, skip=first["next"]))
    names = [one["properties"]["name"] for page in (first, rest) for one in page["features"]]
    assert (len(first["features"]), sorted(names), rest["next"]) == (4, [f"house {n}" for n in range(9)], None)
    assert (await caller.ask(c.ReadFeatures(key=key, box=(1, 1, 2, 2)))) == {"features": [], "next": None}
    for query, actor in ((key, STRANGER), (key.replace("predictions", "nothing"), MAPPER)):
        with pytest.raises(NotFound):
            await caller.ask(c.ReadFeatures(key=query, box=whole), actor)


async def test_features_on_both_sides_of_the_antimeridian_are_read_page_by_page(caller, storage, predictions):
    """Five squares west of the line, four east of it; another box at these latitudes holds none of them."""
    key = await flat_geobuf(storage, "predict/5/output/", 179.905)
    box = (179.95, 26.9, -179.95, 27.1)
    first = await caller.ask(c.ReadFeatures(key=key, box=box, limit=3))
    rest = await caller.ask(c.ReadFeatures(key=key, box=box, skip=first["next"]))
    names = [one["properties"]["name"] for page in (first, rest) for one in page["features"]]
    assert (len(first["features"]), rest["next"]) == (3, None)
    assert sorted(names) == [f"house {n}" for n in (2, 3, 4, 5, 6, 7)]
    assert (await caller.ask(c.ReadFeatures(key=key, box=(179.996, 26.9, -179.996, 27.1))))["features"] == []

"""The build from end to end: sandbox tiles and Raw Data API, the real object store and catalogue."""

import asyncio
import io
import zipfile
from typing import Any
from urllib.parse import urlsplit

import httpx
import morecantile
import pytest
import rasterio
import shapely
from builds import ZOOM, Builder, swept
from pmtiles.reader import MemorySource, Reader

from catalog.datasets.build import vector_tiles
from catalog.datasets.handlers import give_up_build
from catalog.datasets.tables import DatasetRow
from contracts.catalog.datasets import (
    ChangeDataset,
    DatasetBuildFailed,
    DatasetBuildJob,
    DatasetBuilt,
    DatasetProgress,
    DeleteDataset,
    ListDatasets,
    RebuildDataset,
)
from contracts.catalog.labels import CreateLabel
from contracts.shared import Page
from imagery import intersecting
from kit.jobs.context import MAX_ATTEMPTS, JobContext
from kit.messaging.envelope import headers_of, new_id, opened
from kit.messaging.tx import Tx
from kit.storage.object_storage import Storage
from kit.testing import MAPPER, Caller, eventually

pytestmark = [pytest.mark.usefixtures("stac"), pytest.mark.timeout(400)]
GRID = morecantile.tms.get("WebMercatorQuad")


async def is_mirrored(stac, stac_id: str) -> bool:
    item = await stac.get("datasets", stac_id)
    return f"/stac-assets/datasets/{stac_id}/download/" in item["assets"]["download"]["href"]


@pytest.mark.spec(
    "19",
    "datasets/{stac_id}/chips/, datasets/{stac_id}/labels/labels.geojson, datasets/{stac_id}/download/",
)
@pytest.mark.spec("3.2", "assets, assets.chips, assets.labels")
@pytest.mark.spec("17.3", "building to built")
@pytest.mark.spec(
    "18.2", "chips inside the AOI, one feature per OSM object, labels.geojson, union is a MultiPolygon, STAC item"
)
async def test_a_build_ends_in_chips_labels_archive_and_item(running, working, builder, storage: Storage, stac, caller):
    hints: list[DatasetProgress] = []
    facts: list[DatasetBuilt] = []

    async def hint(msg) -> None:
        hints.append(DatasetProgress.model_validate_json(msg.data))

    async def fact(msg) -> None:
        facts.append(DatasetBuilt.model_validate_json(msg.data))

    listening = [
        await running.nc.subscribe(DatasetProgress.subject("*"), cb=hint),
        await running.nc.subscribe(DatasetBuilt.subject(), cb=fact),
    ]
    row = await builder.ask(builder.part(0, 0.6), builder.part(0.4, 1))
    built = await builder.ended(row["id"])
    assert (built["status"], built["error"]) == ("built", "")

    chips = await storage.keys(f"datasets/{row['stac_id']}/chips/")
    features = await labels_of(storage, row["stac_id"])
    await check_chip(storage, chips[0])
    await check_archive(storage, row["stac_id"], chips)
    await check_tiles(storage, row["stac_id"])
    areas = httpx.Response(200, content=await storage.get(f"datasets/{row['stac_id']}/labels/aois.geojson")).json()
    assert [one["geometry"]["type"] for one in areas["features"]] == ["Polygon", "Polygon"]
    await check_assets(built, chips)
    assert {one["properties"]["label"] for one in features} == {1}
    identities = [(one["properties"]["osm_type"], one["properties"]["osm_id"]) for one in features]
    assert len(identities) == len(set(identities)) > 50

    item = await stac.get("datasets", row["stac_id"])
    assert (item["properties"]["fair:chip_count"], item["geometry"]["type"]) == (len(chips), "MultiPolygon")
    assert item["properties"]["providers"] == [{"name": "mapper", "roles": ["producer"]}]
    assert await eventually(lambda: is_mirrored(stac, row["stac_id"]), 30)

    await eventually(lambda: facts)
    told = facts[0]
    assert (told.chip_count, told.feature_count, told.zoom) == (len(chips), len(features), ZOOM)
    assert told.chips_uri == storage.uri(f"datasets/{row['stac_id']}/chips/")
    assert list(dict.fromkeys(one.stage for one in hints)) == ["chips", "labels", "archive", "register"]
    for stage in ("chips", "archive"):
        last = [one for one in hints if one.stage == stage][-1]
        assert (last.done, last.total) == (len(chips), len(chips))
    for subscription in listening:
        await subscription.unsubscribe()
    await check_expansion(builder, caller, row["id"])


async def check_expansion(builder: Builder, caller: Caller, dataset_id: int) -> None:
    assert (await builder.row(dataset_id, expand=True))["stac"]["properties"]["title"] == "Village"
    listed = await caller.ask(ListDatasets(page=Page(search="Village"), expand=True))
    assert all(bool(row["stac"]) == (row["status"] == "built") for row in listed["results"])


async def labels_of(storage: Storage, stac_id: str) -> list[dict[str, Any]]:
    return httpx.Response(200, content=await storage.get(f"datasets/{stac_id}/labels/labels.geojson")).json()[
        "features"
    ]


async def check_chip(storage: Storage, key: str) -> None:
    _, x, y, z = key.rpartition("/")[2].removesuffix(".tif").split("-")
    with rasterio.MemoryFile(await storage.get(key)) as memory, memory.open() as chip:
        assert (chip.crs.to_epsg(), chip.count) == (3857, 3)
        assert chip.bounds == pytest.approx(GRID.xy_bounds(morecantile.Tile(int(x), int(y), int(z))))


async def check_archive(storage: Storage, stac_id: str, chips: list[str]) -> None:
    with zipfile.ZipFile(io.BytesIO(await storage.get(f"datasets/{stac_id}/download/{stac_id}.zip"))) as archive:
        names = {f"chips/{key.rpartition('/')[2]}" for key in chips} | {
            "labels/aois.geojson", "labels/labels.geojson",
        }  # fmt: skip
        assert set(archive.namelist()) == names


async def check_tiles(storage: Storage, stac_id: str) -> None:
    tiles = Reader(MemorySource(await storage.get(f"datasets/{stac_id}/labels/meta.pmtiles")))
    assert {layer["id"] for layer in tiles.metadata()["vector_layers"]} == {"labels", "aois"}


async def check_assets(row: dict[str, Any], chips: list[str]) -> None:
    answers = {name: httpx.get(url, trust_env=False) for name, url in row["assets"].items()}
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "chips": 200,
        "labels": 200,
        "download": 200,
    }
    assert all(key.rpartition("/")[2] in answers["chips"].text for key in chips)
    assert urlsplit(row["assets"]["labels"]).path.endswith(f"/datasets/{row['stac_id']}/labels/labels.geojson")
    assert answers["labels"].json()["type"] == "FeatureCollection"


@pytest.mark.spec("17.3", "building to failed")
@pytest.mark.spec("18.2", "failure keeps a reason")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"label_classes": [{"name": "aeroway", "classes": ["runway"]}]}, "No label found"),
        (
            {"source_imagery": "/nowhere/{z}/{x}/{y}.png"},
            "No imagery could be downloaded. The imagery has no tile here",
        ),
        ({"source_imagery": "/tilejson.json"}, "not of the expected kind"),
        ({"source_imagery": "https://nowhere.invalid/{z}/{x}/{y}.png"}, "The host name of this address"),
    ],
)
async def test_a_failed_build_says_why(working, builder, change, reason, files_port, served):
    (served / "tilejson.json").write_text("[")
    imagery = change.get("source_imagery", builder.tiles)
    change = change | {"source_imagery": f"http://127.0.0.1:{files_port}{imagery}" if imagery[0] == "/" else imagery}
    row = await builder.ask(**change)
    failed = await builder.ended(row["id"])
    assert (failed["status"], failed["assets"]) == ("failed", None)
    assert reason in failed["error"]


async def test_sandbox_imagery_builds_too(working, builder, third_parties, place, storage):
    address = f"{third_parties['tiles']}/train/{{z}}/{{x}}/{{y}}.jpg"
    tile = intersecting(place, ZOOM, 100)[9]
    first = address.format(x=tile.x, y=tile.y, z=tile.z)
    await asyncio.to_thread(lambda: httpx.get(first, timeout=60, trust_env=False).raise_for_status())
    area = shapely.box(*GRID.bounds(tile)).buffer(-1e-5)
    row = await builder.ask(shapely.geometry.mapping(area), source_imagery=address)
    assert (await builder.ended(row["id"]))["error"] == ""
    assert await storage.keys(f"datasets/{row['stac_id']}/chips/") == [
        f"datasets/{row['stac_id']}/chips/OAM-{tile.x}-{tile.y}-{tile.z}.tif"
    ]


@pytest.mark.spec("3.3", "rebuild of failed ones")
async def test_failure_is_an_event_and_the_build_can_be_repeated(running, working, builder, caller, storage):
    facts: list[DatasetBuildFailed] = []

    async def fact(msg) -> None:
        facts.append(DatasetBuildFailed.model_validate_json(msg.data))

    listening = await running.nc.subscribe(DatasetBuildFailed.subject(), cb=fact)
    row = await builder.ask(label_classes=[{"name": "aeroway", "classes": ["runway"]}])
    await builder.ended(row["id"])
    await eventually(lambda: facts)
    assert (facts[0].stac_id, facts[0].user_id, "No label found" in facts[0].reason) == (row["stac_id"], 7, True)
    await listening.unsubscribe()

    before = await etags(storage, row["stac_id"])
    await mend(running, row["id"])
    again = await caller.send(RebuildDataset(dataset_id=row["id"]))
    assert (again.http, again.result["status"], again.result["error"]) == (202, "building", "")
    assert (await builder.ended(row["id"]))["status"] == "built"
    assert await etags(storage, row["stac_id"]) == before


async def mend(running, dataset_id: int) -> None:
    """As if OpenStreetMap had been mapped meanwhile: the stored request asks for what is there."""
    async with running.db.session() as session, session.begin():
        row = await session.get(DatasetRow, dataset_id)
        row.request = row.request | {"label_classes": [{"name": "building", "classes": ["*"]}]}


async def etags(storage: Storage, stac_id: str) -> dict[str, Any]:
    """Key → ETag and time: a chip that was fetched anew shows another time."""
    keys = await storage.keys(f"datasets/{stac_id}/chips/")
    return {key: (head["ETag"], head["LastModified"]) for key in keys if (head := await storage.head(key))}


async def test_deleted_dataset_leaves_nothing_behind(working, builder, caller, storage, stac):
    row = await builder.ask(builder.part(0, 0.2))
    await builder.ended(row["id"])
    assert (await caller.send(DeleteDataset(dataset_id=row["id"]))).http == 204

    await eventually(lambda: swept(row["stac_id"], stac, storage))


async def test_edits_during_the_build_are_in_the_event(running, working, builder, caller):
    row = await builder.ask(builder.part(0, 0.2))
    await caller.send(ChangeDataset(dataset_id=row["id"], visibility="public"))
    assert (await builder.ended(row["id"]))["visibility"] == "public"


async def state(running, dataset_id: int) -> DatasetRow:
    async with running.db.session() as session:
        return await session.get(DatasetRow, dataset_id)


async def edit(running, dataset_id: int, **values: Any) -> None:
    async with running.db.session() as session, session.begin():
        row = await session.get(DatasetRow, dataset_id)
        for name, value in values.items():
            setattr(row, name, value)


async def test_a_job_of_an_older_build_or_delivery_does_nothing(running, working, builder):
    row = await builder.ask(builder.part(0, 0.2))
    await builder.ended(row["id"])
    await edit(running, row["id"], status="building", build=2, delivery=7)
    tx = Tx(running.db, "catalog")
    for build in (1, 2):
        tx.emit(DatasetBuildJob(dataset_id=row["id"], user_id=7, build=build))
    await tx.commit()
    running.relay.wake()
    marker = await builder.ask(builder.part(0, 0.2))
    await builder.ended(marker["id"])
    left = await state(running, row["id"])
    assert (left.status, left.build, left.delivery) == ("building", 2, 7)
    await edit(running, row["id"], status="built")


async def test_build_that_nobody_continues_is_given_up(running, builder):
    row = await builder.ask(builder.part(0, 0.2), source_imagery="https://nowhere.invalid/{z}/{x}/{y}.png")
    await builder.ended(row["id"])
    await edit(running, row["id"], status="building", delivery=3, beat_at=None)
    job = DatasetBuildJob(dataset_id=row["id"], user_id=7)
    envelope = opened(job.model_dump_json().encode(), headers_of(job, "catalog", MAPPER, new_id()))
    context = JobContext(envelope, running.db, running.bus, running.relay, "catalog", MAX_ATTEMPTS + 1)
    await give_up_build(job, context)
    given_up = await builder.row(row["id"])
    assert (given_up["status"], "interrupted" in given_up["error"]) == ("failed", True)
    await edit(running, row["id"], status="built", error="")
    await give_up_build(job, context)
    assert (await builder.row(row["id"]))["status"] == "built"


async def drawn(caller: Caller, aoi_id: int, place: Any, **more: Any) -> None:
    corner = shapely.box(place.bounds[0], place.bounds[1], place.bounds[0] + 1e-4, place.bounds[1] + 1e-4)
    await caller.send(CreateLabel(aoi_id=aoi_id, geometry=shapely.geometry.mapping(corner), **more))


async def test_a_dataset_can_be_built_of_the_labels_of_its_areas(working, builder, caller, mapping, storage, place):
    outline = builder.part(0, 0.2)
    aoi_id = await mapping.aoi(outline)
    await drawn(caller, aoi_id, place)
    await caller.send(
        CreateLabel(aoi_id=aoi_id, geometry={"type": "Point", "coordinates": [85.5, 27.6]}, tags={"building": "yes"})
    )
    row = await builder.ask(outline, aoi_ids=[aoi_id], label_source="stored")
    assert (await builder.ended(row["id"]))["error"] == ""
    [label] = await labels_of(storage, row["stac_id"])
    assert (label["properties"]["label"], label["properties"]["osm_id"]) == (1, None)


@pytest.mark.parametrize("tags", [{"highway": "track"}, None])
async def test_stored_labels_must_be_of_the_classes(working, builder, caller, mapping, place, tags):
    """Labels without tags belong to the only class, and to none of several."""
    aoi_id = await mapping.aoi(builder.part(0, 0.2))
    await drawn(caller, aoi_id, place, tags=tags)
    classes = [{"name": "building", "classes": ["house"]}, {"name": "building", "classes": ["*"]}]
    row = await builder.ask(builder.part(0, 0.2), aoi_ids=[aoi_id], label_source="stored", label_classes=classes)
    assert "no stored label" in (await builder.ended(row["id"]))["error"]


async def test_a_build_without_its_vector_tiles_is_built_and_says_so(working, builder, storage, monkeypatch):
    monkeypatch.setattr(vector_tiles, "DRAW_TIMEOUT", 0.001)
    row = await builder.ask(builder.part(0, 0.2))
    built = await builder.ended(row["id"])
    assert (built["status"], vector_tiles.NOT_DRAWN in built["outcome"]["notes"]) == ("built", True)
    assert await storage.keys(f"datasets/{row['stac_id']}/labels/meta") == []

"""Imports: what one campaign exports another one gets back, and every loss is counted."""

import io
import zipfile
from dataclasses import replace
from typing import Any

import orjson
import pytest
import shapely
from labelstore_things import LabelStore, box, picture
from test_labelstore_crashes import Killed, context, files, kill  # noqa: F401
from test_labelstore_datasets import ended, exported, finished, ingested, read_json

from catalog.labelstore.files import LabelFiles
from catalog.labelstore.imports.jobs.run_import import run_import
from catalog.labelstore.imports.upkeep import sweep_imports
from catalog.labelstore.objects import rle
from catalog.labelstore.objects.shapes import outline
from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_imports as c
from contracts.catalog.label_objects import ListCampaignObjects, ListPredictions
from contracts.catalog.label_shared import ListPage
from contracts.catalog.label_taxonomies import CreateLabelTaxonomy
from kit.app import Service
from kit.storage.object_storage import Storage
from kit.testing import eventually

pytestmark = pytest.mark.usefixtures("working", "stac")
SIZE = (200, 150)
POLYGON = {"type": "polygon", "coordinates": [[[[10.5, 10], [90, 12], [80, 80.25], [20, 90]]]]}
HOLED = {"type": "polygon", "coordinates": [[
    [[10, 10], [110, 10], [110, 110], [10, 110]], [[40, 40], [40, 70], [70, 70], [70, 40]]
]]}  # fmt: skip
PARTS = {"type": "polygon", "coordinates": [[[[0, 0], [30, 0], [30, 30]]], [[[60, 60], [99, 60], [99, 99], [60, 99]]]]}
TURNED = {"type": "rotated_box", "cx": 80, "cy": 70, "width": 60, "height": 30, "angle": 30}
MASK = {"type": "mask", "size": [150, 200], "counts": rle.compressed([1500, 40, 110, 40, 150 * 200 - 1690])}


def shaped(shape: dict[str, Any], label: str = "roof", **more: Any) -> Any:
    return {"label": label, "geometry": shape, **more}


@pytest.fixture(scope="module")
async def pictures(labels: LabelStore) -> list[int]:
    return await ingested(labels, {f"field/{n}.png": picture(300 + n, SIZE) for n in range(6)})


async def dataset_of(labels: LabelStore, ids: list[int], shapes: bool) -> Any:
    more = [shaped(POLYGON), shaped(HOLED), shaped(PARTS), shaped(TURNED, "dome"), shaped(MASK, "dome")]
    said = [box("bottle", confidence=0.25), box("a & b", 0, 0, 200, 150, label_translated="can")]
    objects = {ids[0]: said, ids[1]: [], ids[2]: more if shapes else [box("can")]}
    objects |= {one: [box("bottle", xmax=20 + one % 7)] for one in ids[3:]}
    split = campaigns.SplitRule(train=0.4, val=0.3, test=0.3, group_by="image", seed="s")
    return await finished(labels, objects, split=split)


async def imported(store: LabelStore, campaign: int, uri: str, **options: Any) -> Any:
    command = {"campaign_id": campaign, "options": options, "uri": uri}
    row = await store.done(c.CreateLabelImport.model_validate(command))
    return await over(store, row["import_id"])


async def over(labels: LabelStore, import_id: int) -> Any:
    async def there() -> Any:
        row = await labels.ask(c.GetLabelImport(import_id=import_id))
        return row if row["state"] in ("done", "failed", "cancelled") else None

    return await eventually(there, 110)


async def said(labels: LabelStore, campaign: int) -> dict[int, list[Any]]:
    query = ListCampaignObjects(campaign_id=campaign, page=ListPage(per_page=1000), labeled=True)
    rows = (await labels.ask(query))["results"]
    names = ("label", "label_original", "bounding_box", "geometry", "confidence")
    return {row["image_id"]: [{name: one[name] for name in names} for one in row["objects"]] for row in rows}


def meant(objects: dict[int, list[Any]]) -> dict[int, list[Any]]:
    """The same, with shapes that can be compared: a mask by its runs, a polygon by its area on the plane."""

    def comparable(shape: Any) -> Any:
        if shape is None or shape["type"] == "point":
            return shape
        if shape["type"] == "mask":
            return rle.runs_of(shape["counts"]).tolist()
        return shapely.normalize(shapely.set_precision(outline(shape), 1e-4)).wkt

    return {key: [one | {"geometry": comparable(one["geometry"])} for one in rows] for key, rows in objects.items()}


async def sides(labels: LabelStore, storage: Storage, dataset: Any) -> dict[int, str]:
    manifest = await read_json(storage, dataset, "manifest.json")
    return {one["image_id"]: one["split"] for one in manifest["images"]}


@pytest.mark.parametrize(
    ("kind", "shapes", "match_by"),
    [("coco", True, "file_name"), ("geojson", True, "file_name"), ("yolo", False, "sha256"), ("voc", False, "sha256")],
)
async def test_what_is_exported_comes_back(
    labels: LabelStore, storage: Storage, pictures: list[int], kind: str, shapes: bool, match_by: str
):
    first = await dataset_of(labels, pictures, shapes)
    await exported(labels, storage, first, kind)
    number, _ = await labels.campaign(pictures)
    row = await imported(labels, number, f"{first['uri']}exports/{kind}.zip", format=kind, match_by=match_by)
    assert (row["state"], row["images_done"], row["images_total"]) == ("done", 6, 6), row
    report = row["report"]
    assert (report["images"]["left_out"], report["objects"]["left_out"]) == ([], [])
    assert (report["images"]["done"], report["objects"]["done"]) == (6, first["object_count"])
    assert report["unknown_labels"] == sorted(report["labels"])
    before, after = meant(await said(labels, first["campaign_id"])), meant(await said(labels, number))
    if kind in ("yolo", "voc"):  # they have neither confidences nor second names
        for one in (each for rows in before.values() for each in rows):
            one |= {"confidence": None, "label_original": one["label"]}
    assert after == before
    assert (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["status"] == "completed"
    await labels.move(number, "finished")
    second = await ended(labels, number)
    assert second["negative_count"] == 1
    assert await sides(labels, storage, second) == await sides(labels, storage, first)


async def test_outlines_survive_in_yolo_and_its_losses_are_named(
    labels: LabelStore, storage: Storage, pictures: list[int]
):
    first = await dataset_of(labels, pictures, shapes=True)
    archive = await exported(labels, storage, first, "yolo")
    altered = orjson.loads(archive.read("export.json"))["altered"]
    assert sum(altered.values()) == 2  # a hole filled, and parts joined
    number, _ = await labels.campaign(pictures)
    await imported(labels, number, f"{first['uri']}exports/yolo.zip", format="yolo", match_by="sha256")
    before, after = await said(labels, first["campaign_id"]), await said(labels, number)
    assert [one["bounding_box"] for one in after[pictures[2]]] == [one["bounding_box"] for one in before[pictures[2]]]
    assert [one["geometry"] for one in after[pictures[0]]] == [None, None]
    for index in (0, 3):  # the polygon without holes, the rotated box
        ours, theirs = (outline(found[pictures[2]][index]["geometry"]) for found in (before, after))
        assert ours.symmetric_difference(theirs).area < 1e-2


def archive_of(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def coco_of(ids: list[int]) -> bytes:
    """A file of a stranger, with a mistake of each kind."""
    names = {one: f"{index}.png" for index, one in enumerate(ids)}
    images = [{"id": one, "file_name": name, "width": SIZE[0], "height": SIZE[1]} for one, name in names.items()]
    images += [{"id": -1, "file_name": "elsewhere.png"}, {"id": -2, "file_name": "../climbs.png"}]
    images[1] |= {"width": SIZE[1], "height": SIZE[0]}
    kinds = [{"id": 3, "name": "roof"}, {"id": 4, "name": "fles"}, {"id": 5, "name": "ignored"}]
    one, two, three = ids[:3]
    rows: list[dict[str, Any]] = [
        {"image_id": one, "category_id": 3, "bbox": [10.4, 10, 20.2, 20]},
        {"image_id": one, "category_id": 4, "bbox": [1, 1, 5, 5], "score": 0.5},
        {"image_id": one, "category_id": 5, "bbox": [1, 1, 5, 5]},
        {"image_id": one, "category_id": 3, "bbox": [10, 10, 0, 20]},
        {"image_id": one, "category_id": 3, "segmentation": [[1, 1, 9, 9, 5, 5, 1, 1]]},
        {"image_id": one, "category_id": 3, "segmentation": [[1, 1, 9, 9, 9, 1, 1, 9]]},
        {"image_id": one, "category_id": 3, "bbox": [1, 1, 5, 5], "iscrowd": 1},
        {"image_id": one, "category_id": 9, "bbox": [1, 1, 5, 5]},
        {"image_id": one, "category_id": 3},
        {"image_id": two, "category_id": 3, "bbox": [1, 1, 5, 5]},
        {"image_id": 77, "category_id": 3, "bbox": [1, 1, 5, 5]},
        {"image_id": -1, "category_id": 3, "bbox": [1, 1, 5, 5]},
        {"image_id": three, "category_id": 3, "bbox": [1, 1, 5, 5], "score": 7},
    ]
    annotations = [{"id": number, **row} for number, row in enumerate(rows)]
    return orjson.dumps({"annotations": annotations, "images": images, "categories": kinds})


async def test_a_dry_run_counts_every_loss_and_changes_nothing(
    labels: LabelStore, storage: Storage, pictures: list[int]
):
    number, party = await labels.campaign(pictures)
    await labels.done(labels.submission(number, {pictures[5]: [box("roof")]}), party)
    await storage.put("label-imports/dry.json", coco_of(pictures))
    uri, options = storage.uri("label-imports/dry.json"), {"labels": {"fles": "bottle", "ignored": None}}
    row = await imported(labels, number, uri, format="coco", dry_run=True, **options)
    assert row["state"] == "done", row
    report = row["report"]
    left_out = {one["reason"]: one["count"] for one in report["objects"]["left_out"]}
    assert left_out == {
        "Its label is left out, as asked.": 1, "Its box is empty or leaves the image.": 1,
        "Its shape is not valid.": 1, "It is a crowd region, which is no object.": 1,
        "The file has no category with its category_id.": 1, "It has neither a box nor a segmentation.": 1,
        "Its image is left out.": 2, "The file has no image with its image_id.": 1,
    }  # fmt: skip
    assert {one["reason"]: one["count"] for one in report["objects"]["altered"]} == {
        "Its edges are rounded to whole pixels.": 1,
        "Its outline crosses itself and is repaired.": 1,
        "Its confidence is no number from 0 to 1 and is left out.": 1,
    }
    assert (report["objects"]["wanted"], report["objects"]["done"]) == (13, 4)
    assert {one["reason"][:40]: one["count"] for one in report["images"]["left_out"]} == {
        "No image of the campaign has its name.": 1, 'Its name has a part "..".': 1,
        "The file says width and height the other": 1,
    }  # fmt: skip
    assert (report["labels"], report["unknown_labels"]) == ({"roof": 3, "bottle": 1}, ["bottle"])
    assert report["unmatched_files"] == ["1.png", "elsewhere.png"]
    assert set(await said(labels, number)) == {pictures[5]}
    row = await imported(labels, number, uri, format="coco", **options)
    assert row["report"] == report
    found = await said(labels, number)
    assert [one["label"] for one in found[pictures[0]]] == ["roof", "bottle", "roof"]
    assert found[pictures[0]][0]["bounding_box"] == {"xmin": 10, "xmax": 31, "ymin": 10, "ymax": 30}
    assert (pictures[1] in found, found[pictures[3]]) == (False, [])


async def test_an_import_keeps_to_the_taxonomy_of_its_campaign(
    labels: LabelStore, storage: Storage, pictures: list[int]
):
    wanted = {"name": labels.title("taxonomy"), "labels": [{"name": "Roof", "synonyms": ["house"]}]}
    taxonomy = await labels.done(CreateLabelTaxonomy.model_validate(wanted))
    number, _ = await labels.campaign(pictures, taxonomy_id=taxonomy["taxonomy_id"])
    await storage.put("label-imports/taxonomy.json", coco_of(pictures))
    row = await imported(labels, number, storage.uri("label-imports/taxonomy.json"), format="coco")
    left_out = {one["reason"]: one["count"] for one in row["report"]["objects"]["left_out"]}
    assert left_out["Its label is not in the taxonomy of the campaign."] == 2
    assert row["report"]["unknown_labels"] == ["fles", "ignored"]
    assert {one["label"] for said_of in (await said(labels, number)).values() for one in said_of} == {"Roof"}


async def test_predictions_are_kept_apart_and_order_the_work(labels: LabelStore, storage: Storage, pictures: list[int]):
    number, _ = await labels.campaign(pictures)
    await storage.put("label-imports/predicted.json", coco_of(pictures))
    options = {"format": "coco", "mode": "predictions", "model": "m-1"}
    row = await imported(labels, number, storage.uri("label-imports/predicted.json"), **options)
    assert row["state"] == "done", row
    assert await said(labels, number) == {}
    rows = (await labels.ask(ListPredictions(campaign_id=number)))["results"]
    assert [(one["image_id"], one["model"], len(one["objects"])) for one in rows][:2] == [
        (pictures[0], "m-1", 4), (pictures[2], "m-1", 1)
    ]  # fmt: skip


async def test_a_file_is_uploaded_started_and_removed(labels: LabelStore, storage: Storage, pictures: list[int]):
    number, _ = await labels.campaign(pictures)
    row = await labels.done(
        c.CreateLabelImport(campaign_id=number, options=c.ImportOptions(format="yolo"))
    )  # fmt: skip
    import_id = row["import_id"]
    assert (await labels.refused(c.StartLabelImport(import_id=import_id)))[1] == "conflict"
    grant = await labels.ask(c.GetLabelImportUpload(import_id=import_id))
    data = archive_of(
        **{"data.yaml": "names: [roof]\n", "labels__val__0.txt": "0 0.5 0.5 0.1 0.2\n1 0.5 0.5 0.1 0.2\nx\n"}
    )
    assert await labels.upload(grant, "yolo.zip", data) in (200, 204)
    await labels.done(c.StartLabelImport(import_id=import_id))
    row = await over(labels, import_id)
    assert (row["state"], row["report"]["objects"]["done"]) == ("done", 0), row
    left = {one["reason"]: one["count"] for one in row["report"]["objects"]["left_out"]}
    assert sorted(left.values()) == [1, 1, 1], left

    async def removed() -> bool:
        return await storage.keys(f"label-imports/{import_id}/") == []

    assert await eventually(removed, 30)


async def test_files_that_nobody_imports_are_swept(
    labels: LabelStore,
    running: Service,
    storage: Storage,
    pictures: list[int],
    files: LabelFiles,  # noqa: F811
):
    number, _ = await labels.campaign(pictures)
    command = c.CreateLabelImport(campaign_id=number, options=c.ImportOptions(format="yolo"))
    busy, waiting = [(await labels.done(command))["import_id"] for _ in range(2)]
    for import_id in (busy, waiting):
        await storage.put(f"label-imports/{import_id}/yolo.zip", b"x")
    await storage.put("label-imports/placed.json", b"x")
    async with running.db.raw() as connection:
        began = "update labelstore.imports set state = 'running', beat_at = now() where id = %s"
        await connection.execute(began, (busy,))
    await sweep_imports(running, files)
    assert await storage.keys(f"label-imports/{waiting}/")
    later = replace(files, settings=files.settings.model_copy(update={"upload_days": -2}))
    assert await sweep_imports(running, later) >= 1
    found = [await storage.keys(f"label-imports/{name}") for name in (f"{waiting}/", f"{busy}/", "placed.json")]
    assert list(map(len, found)) == [0, 1, 1]
    await labels.done(c.CancelLabelImport(import_id=busy))


@pytest.mark.parametrize(
    ("name", "kind", "data", "words"),
    [
        ("a.zip", "yolo", archive_of(**{"data.yaml": "names: [a]", "labels__x.txt": "0" * (4 << 20)}), "refused"),
        ("a.zip", "coco", archive_of(**{"a.txt": "x"}), "no JSON file"),
        ("a.json", "coco", b'{"images": [1, 2', "no valid JSON"),
        ("a.json", "coco", b'{"images": [{"id": NaN}]}', "no valid JSON"),
        ("a.json", "coco", b"[]", "no COCO file"),
        ("a.zip", "voc", b"PK\x05\x06" + b"\0" * 18, "no XML files"),
        ("a.zip", "yolo", archive_of(**{"data.yaml": "names: {x: ["}), "no valid YAML"),
        ("a.geojson", "geojson", b'{"type": "Feature"}', "no FeatureCollection"),
    ],
)
async def test_files_that_cannot_be_read_say_why(
    labels: LabelStore, storage: Storage, pictures: list[int], name: str, kind: str, data: bytes, words: str
):
    number, _ = await labels.campaign(pictures[:1])
    archive = io.BytesIO()
    if words == "refused":  # compressed a thousand times
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
            for member in (source := zipfile.ZipFile(io.BytesIO(data))).namelist():
                target.writestr(member, source.read(member))
        data = archive.getvalue()
    await storage.put(f"label-imports/{name}", data)
    row = await imported(labels, number, storage.uri(f"label-imports/{name}"), format=kind)
    assert row["state"] == "failed"
    assert words in row["error"]
    assert await said(labels, number) == {}


async def test_only_files_of_the_label_store_are_read(labels: LabelStore, storage: Storage, pictures: list[int]):
    number, _ = await labels.campaign(pictures[:1])
    for uri in (storage.uri("datasets/x.zip"), storage.uri("label-imports/../x"), "https://x.example/a.zip"):
        command = c.CreateLabelImport(campaign_id=number, options=c.ImportOptions(format="coco"), uri=uri)
        assert (await labels.refused(command))[1] == "invalid_value"


async def waiting_import(labels: LabelStore, running: Service, storage: Storage, ids: list[int]) -> Any:
    from catalog.labelstore.imports.tables import LabelImportRow

    number, _ = await labels.campaign(ids)
    await storage.put("label-imports/killed.json", coco_of(ids))
    async with running.db.session() as session, session.begin():
        row = LabelImportRow(
            campaign_id=number, options={"format": "coco"}, uri=storage.uri("label-imports/killed.json"),
            state="queued", run=1, created_by="admin",
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return c.RunLabelImportJob(import_id=row.id, run=1), number


@pytest.mark.parametrize("point", ["import.read", "import.batch"])
async def test_an_import_that_died_goes_on_after_what_is_stored(
    point: str, labels: LabelStore, running: Service, storage: Storage, pictures: list[int], files: LabelFiles,  # noqa: F811
    kill, monkeypatch: pytest.MonkeyPatch,  # noqa: F811
):  # fmt: skip
    from contracts.catalog.label_objects import ListRevisions

    monkeypatch.setattr("catalog.labelstore.imports.jobs.run_import.IMAGES_PER_BATCH", 2)
    job, number = await waiting_import(labels, running, storage, pictures)
    kill(point)
    with pytest.raises(Killed):
        await run_import(job, context(running, job), files, files.settings)
    assert len(await said(labels, number)) == (2 if point == "import.batch" else 0)
    kill("")
    for delivery in (2, 3):
        await run_import(job, context(running, job, delivery), files, files.settings)
    row = await labels.ask(c.GetLabelImport(import_id=job.import_id))
    assert (row["state"], row["images_done"], row["report"]["images"]["done"]) == ("done", 5, 5)
    assert len(await said(labels, number)) == 5
    for one in (pictures[0], pictures[5]):
        assert len(await labels.ask(ListRevisions(campaign_id=number, image_id=one))) == 1


async def test_a_cancelled_import_stops_and_keeps_what_it_has_stored(
    labels: LabelStore, running: Service, storage: Storage, pictures: list[int], files: LabelFiles, monkeypatch,  # noqa: F811
):  # fmt: skip
    import asyncio

    from catalog.labelstore.imports.jobs import run_import as job_module

    monkeypatch.setattr(job_module, "IMAGES_PER_BATCH", 2)
    job, number = await waiting_import(labels, running, storage, pictures)
    stored, go_on = asyncio.Event(), asyncio.Event()
    store = job_module.store_batch

    async def slow(*given: Any) -> None:
        if stored.is_set():
            await go_on.wait()
        await store(*given)
        stored.set()

    monkeypatch.setattr(job_module, "store_batch", slow)
    working = asyncio.create_task(run_import(job, context(running, job), files, files.settings))
    await asyncio.wait_for(stored.wait(), 30)
    row = await eventually(lambda: _stored(labels, job.import_id), 30)
    assert row["images_done"] == 2
    assert (await labels.done(c.CancelLabelImport(import_id=job.import_id)))["state"] == "cancelled"
    go_on.set()
    await asyncio.wait_for(working, 30)
    row = await labels.ask(c.GetLabelImport(import_id=job.import_id))
    assert (row["state"], row["images_done"], len(await said(labels, number))) == ("cancelled", 2, 2)
    assert (await labels.refused(c.CancelLabelImport(import_id=job.import_id)))[1] == "conflict"


async def _stored(labels: LabelStore, import_id: int) -> Any:
    row = await labels.ask(c.GetLabelImport(import_id=import_id))
    return row if row["images_done"] else None

"""Dataset versions and exports: made by the worker, on the real store and catalogue."""

import hashlib
import io
import zipfile
from typing import Any
from xml.etree import ElementTree

import httpx
import orjson
import pytest
import yaml
from labelstore_things import LabelStore, box, picture

from catalog.stac.client import StacClient
from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_datasets as c
from contracts.catalog.label_images import ListImagesOfSet
from contracts.catalog.label_shared import ListPage
from kit.errors import NotFound
from kit.storage.object_storage import Storage
from kit.testing import eventually

pytestmark = pytest.mark.usefixtures("working", "stac")
SQUARE = {"type": "polygon", "coordinates": [[[[10, 10], [30, 10], [30, 40], [10, 40]]]]}


async def ingested(labels: LabelStore, files: dict[str, bytes]) -> list[int]:
    row = await labels.image_set(files)
    await labels.finish(row["imageset_id"])
    await labels.ingested(row["imageset_id"])
    page = ListPage(per_page=1000)
    rows = await labels.ask(ListImagesOfSet(imageset_id=row["imageset_id"], page=page))
    return [one["image_id"] for one in rows["results"]]


async def ended(labels: LabelStore, campaign: int, version: int = 1) -> Any:
    async def there() -> Any:
        found = (await labels.ask(c.ListLabelDatasets(campaign_id=campaign)))["results"]
        return next((one for one in found if one["version"] == version and one["state"] in ("done", "failed")), None)

    return await eventually(there, 110)


async def finished(labels: LabelStore, objects: dict[int, list[Any]], more: list[int] = [], **kind: Any) -> Any:  # noqa: B006
    """The first version of a campaign with these objects; the images `more` are not labelled."""
    number, party = await labels.campaign([*objects, *more], **kind)
    await labels.done(labels.submission(number, objects), party)
    if more:
        await labels.move(number, "completed")
    await labels.move(number, "finished")
    return await ended(labels, number)


async def read_json(storage: Storage, dataset: Any, name: str) -> Any:
    return orjson.loads(await storage.get(storage.key_of(dataset["uri"]) + name))


async def test_a_finished_campaign_becomes_a_dataset(labels: LabelStore, storage: Storage, stac: StacClient):
    ids = await ingested(labels, {f"{n}.JPG": picture(n, kind="JPEG") for n in range(3)} | {"x.txt": b"text"})
    objects = {ids[1]: [box("can"), box("bottle", confidence=0.5)], ids[0]: [], ids[3]: [box()]}
    dataset = await finished(labels, objects, more=[ids[2]])
    assert dataset | {"created_at": "", "manifest_sha256": "", "uri": ""} == {
        "dataset_id": dataset["dataset_id"], "campaign_id": dataset["campaign_id"], "title": dataset["title"],
        "composed_of": None,
        "version": 1, "state": "done", "uri": "", "stac_item_id": f"{dataset['title']}-v1", "manifest_sha256": "",
        "image_count": 2, "negative_count": 1, "object_count": 2, "excluded_count": 2, "classes": ["bottle", "can"],
        "split": None, "created_at": "", "error": None,
    }  # fmt: skip
    prefix = storage.key_of(dataset["uri"])
    manifest = await storage.get(prefix + "manifest.json")
    assert hashlib.sha256(manifest).hexdigest() == dataset["manifest_sha256"]
    told = orjson.loads(manifest)
    assert told["counts"] == {"images": 2, "negatives": 1, "objects": 2, "excluded": 2}
    assert {(one["image_id"], one["reason"]) for one in told["excluded"]} == {
        (ids[2], "unlabeled"), (ids[3], "unreadable")
    }  # fmt: skip
    for file in told["files"]:
        data = await storage.get(prefix + file["path"])
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (file["sha256"], file["size"])
    coco = await read_json(storage, dataset, "annotations.coco.json")
    assert [(one["id"], one["file_name"]) for one in coco["images"]] == [
        (ids[1], f"{ids[1]:08d}.jpg"), (ids[0], f"{ids[0]:08d}.jpg")
    ]  # fmt: skip
    assert coco["categories"] == [{"id": 0, "name": "bottle"}, {"id": 1, "name": "can"}]
    assert [(one["bbox"], one["category_id"], one.get("score")) for one in coco["annotations"]] == [
        ([1, 2, 10, 20], 1, None), ([1, 2, 10, 20], 0, 0.5)
    ]  # fmt: skip
    lines = (await storage.get(prefix + "labels.csv")).decode().splitlines()
    assert lines[0] == "image_url,label,label_confidence"
    assert '""bottomX"":1,""topX"":11' in lines[1]
    assert "/0.JPG" in lines[2]
    assert (await storage.get(f"label_sets/{dataset['title']}_labels.csv")).decode().splitlines() == lines
    item = await stac.get("label-datasets", dataset["stac_item_id"])
    assert item
    assert item["properties"]["labelstore:manifest_sha256"] == dataset["manifest_sha256"]
    assert item["assets"]["chips"]["href"] == dataset["uri"] + "images/"
    url = await labels.ask(c.GetLabelDatasetFile(dataset_id=dataset["dataset_id"], name="manifest.json"))
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(url["url"])).content == manifest
    with pytest.raises(NotFound):
        await labels.ask(c.GetLabelDatasetFile(dataset_id=dataset["dataset_id"], name="other.json"))


async def test_a_second_version_keeps_ids_and_names_what_changed(
    labels: LabelStore, storage: Storage, stac: StacClient
):
    ids = await ingested(labels, {f"{n}.png": picture(20 + n) for n in range(2)})
    first = await finished(labels, {ids[0]: [box("m")], ids[1]: []})
    number = first["campaign_id"]
    await labels.done(c.ExportCampaign(campaign_id=number))
    second = await ended(labels, number, 2)
    assert second["manifest_sha256"] != first["manifest_sha256"]
    assert [file["sha256"] for file in (await read_json(storage, first, "manifest.json"))["files"][:2]] == [
        file["sha256"] for file in (await read_json(storage, second, "manifest.json"))["files"][:2]
    ]
    diff = c.DiffLabelDatasets(dataset_id=first["dataset_id"], other_id=second["dataset_id"])
    assert {name: part["count"] for name, part in (await labels.ask(diff)).items()} == {
        "added": 0, "removed": 0, "changed": 0, "moved": 0
    }  # fmt: skip
    older = await stac.get("label-datasets", first["stac_item_id"])
    assert older
    assert older["properties"]["deprecated"] is True
    assert any(link["rel"] == "successor-version" for link in older["links"])
    row = await labels.ask(campaigns.GetCampaign(campaign_id=number))
    assert (row["export"]["state"], row["export"]["version"], row["status"]) == ("done", 2, "finished")


async def test_nothing_to_export_is_a_failure(labels: LabelStore):
    dataset = await finished(labels, {}, more=await labels.images(1))
    assert (dataset["state"], dataset["error"].split(":")[0]) == ("failed", "empty_dataset")
    campaign = await labels.ask(campaigns.GetCampaign(campaign_id=dataset["campaign_id"]))
    assert (campaign["status"], campaign["export"]["state"]) == ("finished", "failed")


async def test_a_missing_picture_fails_the_export_by_name(labels: LabelStore):
    dataset = await finished(labels, {one: [box()] for one in await labels.images(1)})
    assert dataset["error"].startswith("missing_object: uploads/")
    assert "0.jpg" in dataset["error"]


async def test_near_duplicates_are_on_one_side(labels: LabelStore, storage: Storage):
    files = {f"{n:02d}.png": picture(100 + n, (200, 150)) for n in range(30)}
    files |= {f"{n:02d}-again.jpg": picture(100 + n, (100, 75), "JPEG", quality=70) for n in range(30)}
    ids = await ingested(labels, files)
    split = campaigns.SplitRule(train=0.5, val=0.25, test=0.25, group_by="image")
    dataset = await finished(labels, {one: [] for one in ids}, split=split)
    images = (await read_json(storage, dataset, "manifest.json"))["images"]
    sides: dict[str, set[str]] = {}
    for image in images:
        sides.setdefault(image["source_path"].rpartition("/")[2][:2], set()).add(image["split"])
    assert {name: len(found) for name, found in sides.items()} == dict.fromkeys(sides, 1)
    assert set(dataset["split"]) == {"train", "val", "test"}
    assert sum(dataset["split"].values()) == 60
    stored = (await read_json(storage, dataset, "annotations.geojson"))["splits"]  # a training reads nothing else
    assert stored == {one["file_name"]: one["split"] for one in images}


async def exported(labels: LabelStore, storage: Storage, dataset: Any, kind: str) -> zipfile.ZipFile:
    command = c.CreateLabelExport.model_validate({"dataset_id": dataset["dataset_id"], "format": kind})
    row = await labels.done(command)
    number = row["export_id"]

    async def done() -> Any:
        found = await labels.ask(c.GetLabelExport(export_id=number))
        return found if found["state"] in ("done", "failed") else None

    row = await eventually(done, 110)
    assert row["state"] == "done", row
    assert (await labels.done(command))["export_id"] == number
    data = await storage.get(storage.key_of(dataset["uri"]) + f"exports/{kind}.zip")
    assert (len(data), hashlib.sha256(data).hexdigest()) == (row["size"], row["sha256"])
    return zipfile.ZipFile(io.BytesIO(data))


async def test_versions_are_exported_for_trainers(labels: LabelStore, storage: Storage):
    ids = await ingested(labels, {f"{n}.png": picture(200 + n, (100, 50)) for n in range(2)})
    split = campaigns.SplitRule(train=1, val=0, test=0, group_by="image")
    dataset = await finished(labels, {ids[0]: [box("a & b")], ids[1]: []}, split=split)
    stems = [f"{one:08d}" for one in ids]
    yolo = await exported(labels, storage, dataset, "yolo")
    about = yaml.safe_load(yolo.read("data.yaml"))
    assert (about["names"], about["train"], about["val"]) == ({0: "a & b"}, "images/train", "images/train")
    assert yolo.read(f"labels/train/{stems[0]}.txt").decode() == "0 0.06 0.24 0.1 0.4\n"
    assert yolo.read(f"labels/train/{stems[1]}.txt") == b""
    assert yolo.read(f"images/train/{stems[1]}.png") == picture(201, (100, 50))
    voc = await exported(labels, storage, dataset, "voc")
    found = ElementTree.fromstring(voc.read(f"Annotations/{stems[0]}.xml"))
    corners = {corner.tag: int(corner.text or "") for corner in found.iterfind(".//bndbox/*")}
    assert corners == {"xmin": 2, "ymin": 3, "xmax": 11, "ymax": 22}
    assert found.findtext(".//object/name") == "a & b"
    assert voc.read("ImageSets/Main/trainval.txt").decode().split() == stems
    coco = orjson.loads((await exported(labels, storage, dataset, "coco")).read("annotations.coco.json"))
    assert (coco["categories"][0]["id"], coco["info"]["category_id_base"]) == (1, 1)
    assert coco["annotations"][0]["segmentation"] == [[1, 2, 11, 2, 11, 22, 1, 22]]
    for kind, name in (("csv", "labels.csv"), ("geojson", "annotations.geojson")):
        archive = await exported(labels, storage, dataset, kind)
        assert archive.read(name) == await storage.get(storage.key_of(dataset["uri"]) + name)
    manifest = orjson.loads(yolo.read("export.json"))["manifest_sha256"]
    assert manifest == dataset["manifest_sha256"]

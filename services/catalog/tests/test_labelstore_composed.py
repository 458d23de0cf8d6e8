"""Versions of several campaigns: filters, the last part counts, frozen, compared, found by their models."""

from typing import Any

import orjson
import pytest
from labelstore_things import LabelStore, box, picture
from test_labelstore_datasets import finished, ingested

from catalog.stac.client import StacClient
from contracts.catalog import label_campaigns as campaigns
from contracts.catalog import label_datasets as c
from kit.storage.object_storage import Storage
from kit.testing import eventually

pytestmark = pytest.mark.usefixtures("working", "stac")


async def composed(store: LabelStore, title: str, *parts: Any, **more: Any) -> Any:
    command = {"title": title, "composition": {"parts": list(parts), **more}}
    row = await store.done(c.ComposeLabelDataset.model_validate(command))

    async def ended() -> Any:
        found = await store.ask(c.GetLabelDataset(dataset_id=row["dataset_id"]))
        return found if found["state"] in ("done", "failed") else None

    return await eventually(ended, 110)


async def test_a_version_is_composed_of_campaigns(labels: LabelStore, storage: Storage, stac: StacClient):
    ids = await ingested(labels, {f"{n}.png": picture(n) for n in range(3)})
    first = await finished(labels, {ids[0]: [box("can")], ids[1]: [box("can"), box("net")]})
    second = await finished(labels, {ids[1]: [box("bottle")], ids[2]: []})
    title = labels.title("composed")
    parts = [{"campaign_id": one["campaign_id"]} for one in (first, second)]
    whole = await composed(labels, title, *parts)
    assert (whole["state"], whole["campaign_id"], whole["version"]) == ("done", None, 1)
    assert (whole["image_count"], whole["object_count"], whole["classes"]) == (3, 2, ["bottle", "can"])
    manifest = orjson.loads(await storage.get(storage.key_of(whole["uri"]) + "manifest.json"))
    assert [one["image_id"] for one in manifest["images"]] == [ids[0], *sorted(ids[1:])]
    assert manifest["excluded"] == [{"image_id": ids[1], "reason": "in_a_later_part"}]
    geojson = orjson.loads(await storage.get(storage.key_of(whole["uri"]) + "annotations.geojson"))
    assert {one["properties"]["campaign_id"] for one in geojson["features"]} == {p["campaign_id"] for p in parts}
    nets = await composed(labels, title, *reversed(parts), labels=["net"])
    assert (nets["version"], nets["object_count"], nets["negative_count"]) == (2, 1, 2)
    assert nets["classes"] == ["bottle", "can", "net"]
    diff = await labels.ask(c.DiffLabelDatasets(dataset_id=whole["dataset_id"], other_id=nets["dataset_id"]))
    assert diff["changed"]["image_ids"] == sorted(ids[:2])
    item = await stac.get("label-datasets", f"{title}-v2")
    assert item is not None
    assert [link["rel"] for link in item["links"]].count("predecessor-version") == 1


async def test_a_version_of_nothing_is_refused(labels: LabelStore):
    ids = await labels.images(1)
    number, _ = await labels.campaign(ids)
    parts = [c.VersionPart(campaign_id=number)]
    taken = (await labels.ask(campaigns.GetCampaign(campaign_id=number)))["title"]
    for title, chosen, expected in (
        ("free-title", parts, ("conflict", "conflict")), (taken, parts, ("conflict", "conflict")),
        ("No Name", parts, ("unprocessable", "invalid_name")),
        ("free-title", [c.VersionPart(campaign_id=10**9)], ("not_found", "not_found")),
    ):  # fmt: skip
        command = c.ComposeLabelDataset(title=title, composition=c.Composition(parts=chosen))
        assert (await labels.refused(command))[:2] == expected
    party = await labels.user(("labeler", number))
    command = c.ComposeLabelDataset(title="free-title", composition=c.Composition(parts=parts))
    assert (await labels.refused(command, party))[:2] == ("forbidden", "not_authorized")


async def test_models_that_saw_a_version_are_listed(labels: LabelStore, monkeypatch: pytest.MonkeyPatch):
    dataset = await finished(labels, {(await ingested(labels, {"a.png": picture(9)}))[0]: [box()]})
    assert await labels.ask(c.ListTrainedModels(dataset_id=dataset["dataset_id"])) == {"models": []}
    said = {
        "mlm:name": "roofs", "title": "Roofs", "version": "1", "updated": "2026-05-01T00:00:00Z",
        "labelstore:manifest_sha256": dataset["manifest_sha256"],
    }  # fmt: skip

    async def named(_: StacClient, collection: str, name: str, value: Any) -> list[Any]:
        assert (collection, name, value) == ("local-models", "fair:dataset_id", dataset["stac_item_id"])
        return [{"id": "model-1", "properties": said}]

    monkeypatch.setattr(StacClient, "named", named)
    found = await labels.ask(c.ListTrainedModels(dataset_id=dataset["dataset_id"]))
    assert found["models"][0]["manifest_sha256"] == dataset["manifest_sha256"]

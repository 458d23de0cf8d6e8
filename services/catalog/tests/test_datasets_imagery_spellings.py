"""Datasets are drafted and built from addresses as people have them."""

import json

import pytest
from builds import ZOOM

from contracts.catalog.datasets import BuildDraft, ChangeDataset, CreateDataset

pytestmark = [pytest.mark.usefixtures("stac"), pytest.mark.timeout(400)]
DRAFT = {
    "description": "A village", "zoom": ZOOM, "label_tasks": ["semantic-segmentation"], "keywords": ["building"],
    "label_classes": [{"name": "building", "classes": ["*"]}], "geometry_type": "polygon",
}  # fmt: skip


async def test_josm_address_builds_and_the_catalogue_has_a_plain_one(working, builder, stac, tiles):
    address = f" tms[{ZOOM}]:{tiles.replace('{z}', '{zoom}').replace('{x}', '%7Bx%7D')} "
    row = await builder.ask(builder.part(0, 0.2), source_imagery=address)
    assert (await builder.ended(row["id"]))["error"] == ""
    assert (await stac.get("datasets", row["stac_id"]))["properties"]["fair:source_imagery"] == tiles


async def test_tilejson_of_whatever_name_and_label_builds(working, builder, served, tiles, files_port):
    (served / "scene.json").write_text(
        json.dumps({"tilejson": "2.2.0", "tiles": [tiles.partition(str(files_port))[2]]})
    )
    row = await builder.ask(builder.part(0, 0.2), source_imagery=f"http://127.0.0.1:{files_port}/scene.json")
    assert (await builder.ended(row["id"]))["error"] == ""


async def test_zoom_that_the_address_does_not_have_is_refused_at_once(working, caller, mapping, builder, tiles):
    draft = await caller.send(CreateDataset(title="Draft", source_imagery=f"tms[18]:{tiles}"))
    assert draft.http == 201
    await mapping.aoi(builder.part(0, 0.2), dataset=draft.result["id"])
    asked = BuildDraft.model_validate(DRAFT | {"dataset_id": draft.result["id"]})
    assert "you asked for zoom 19" in (await caller.send(asked)).facts["source_imagery"][0]
    assert (
        await caller.send(ChangeDataset(dataset_id=draft.result["id"], source_imagery=f"tms[19]:{tiles}"))
    ).http == 200
    assert (await caller.send(asked)).http == 202
    builder.made.append(draft.result)
    assert (await builder.ended(draft.result["id"]))["error"] == ""

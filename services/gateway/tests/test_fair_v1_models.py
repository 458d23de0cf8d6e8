"""`/model/`: from the draft to the archive."""

import pytest
from v1_rows import TEMPLATE, area, card, dataset, model, rows, training

from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import GetDataset
from contracts.catalog.models import (
    ArchiveLocalModel,
    GetBaseModel,
    GetLocalModel,
    GetModelSummary,
    ListBaseModels,
    ListLocalModels,
    SetLocalModelVisibility,
)
from contracts.training import ChangeModelCard, DeleteModel, DraftModel, GetModelCard, GetTraining, ListTrainings
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair_v1.related import centre_of

FIELDS = {
    "id", "name", "dataset", "description", "base_model", "status", "published_training", "accuracy",
    "thumbnail_url", "user", "created_at", "last_modified",
}  # fmt: skip


@pytest.fixture(autouse=True)
def known_rows(owners):
    owners.answer(GetDataset, dataset())
    owners.answer(ListAois, rows(area()))
    owners.answer(GetTraining, training())
    owners.answer(GetBaseModel, {"name": "ramp"})
    owners.answer(ListBaseModels, rows({"name": "ramp", "stac_item_id": "ramp-v1"}))


@pytest.mark.spec(
    "22.3",
    "GET /model/, dataset, description, base_model, published_training, accuracy, thumbnail_url, user",
)
async def test_models_in_the_words_of_then(http, owners):
    published = model(stac_item_id="roofs-v1", visibility="public", published_training=9)
    owners.answer(ListLocalModels, rows(published, model(), model(status="archived")))
    found = (await http.get("/api/v1/model/")).json()["results"]
    assert all(row.keys() == FIELDS for row in found)
    assert [row["status"] for row in found] == [0, -1, 1]
    assert [row["accuracy"] for row in found] == [91.0, None, None]
    assert [row["published_training"] for row in found] == [9, None, None]
    assert found[0]["base_model"] == "RAMP"
    nested = {"id": 5, "name": "Hilltop", "source_imagery": TEMPLATE, "offset": [0.0, 0.0]}
    assert [row["dataset"] for row in found] == [nested] * 3
    assert found[0]["thumbnail_url"] == "https://img.example/t/18/193342/110128.png"
    assert sum(kind == GetDataset.ce_type() for kind, _, _ in owners.heard) == 1


async def test_a_model_that_was_never_drafted_has_the_dataset_it_learned_from(http, owners):
    owners.answer(GetLocalModel, model(dataset=None, stac_item_id="roofs-v1", published_training=9))
    owners.answer(ListTrainings, rows(training(dataset=5)))
    found = (await http.get("/api/v1/model/4/")).json()
    assert (found["dataset"]["id"], found["dataset"]["name"]) == (5, "Hilltop")
    assert owners.last(ListTrainings)["local_model"] == 4


async def test_the_dataset_is_an_object_also_where_it_may_not_be_seen(http, owners):
    owners.answer(GetLocalModel, model())
    owners.answer(GetDataset, Refused(kind=Kind.NOT_FOUND, code="dataset_not_found"))
    found = (await http.get("/api/v1/model/4/")).json()
    assert found["dataset"] == {"id": 5, "name": "", "source_imagery": "", "offset": [0.0, 0.0]}
    assert found["thumbnail_url"] is None
    owners.answer(GetLocalModel, model(dataset=None))
    owners.answer(ListTrainings, rows())
    assert (await http.get("/api/v1/model/4/")).json()["dataset"]["id"] is None


def facts_of(task: str, *keywords: str) -> dict:
    return {"facts": {"tasks": [task], "keywords": [task, *keywords]}}


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        (facts_of("semantic-segmentation", "building", "polygon"), "RAMP"),
        (facts_of("instance-segmentation", "building", "polygon"), "YOLO_V8_V2"),
        (facts_of("semantic-segmentation", "road", "line"), "hillside"),
        (facts_of("classification", "building", "polygon"), "hillside"),
        (Refused(kind=Kind.NOT_FOUND, code="model_not_found"), "hillside"),
    ],
)
async def test_base_models_are_told_by_the_family_whose_output_they_have(http, owners, facts, told):
    owners.answer(GetLocalModel, model(base_model_name="hillside"))
    owners.answer(ListBaseModels, rows({"name": "hillside", "stac_item_id": "hillside-v1"}))
    owners.answer(GetModelSummary, facts)
    assert (await http.get("/api/v1/model/4/")).json()["base_model"] == told


@pytest.mark.parametrize(("asked", "chosen"), [("RAMP", "mask-v1"), ("YOLO_V8_V1", "each-v1")])
async def test_a_family_is_the_registrys_first_model_of_that_kind(http, owners, mapper, asked, chosen):
    registry = [{"name": stac_id[:-3], "stac_item_id": stac_id, "id": number, "is_pinned": number == 9}
                for number, stac_id in ((3, "other-v1"), (4, "late-v1"), (9, "mask-v1"), (5, "each-v1"))]  # fmt: skip
    tasks = {"each-v1": "instance-segmentation"}
    owners.answer(ListBaseModels, rows(*registry))
    owners.answer(GetModelSummary, lambda query: facts_of(tasks.get(query["stac_item_id"], "semantic-segmentation"),
                  "road" if query["stac_item_id"] == "other-v1" else "building", "polygon"))  # fmt: skip
    owners.judge(DraftModel, Accepted(result=card(), http=201))
    body = {"name": "Hilltop roofs", "dataset": 5, "base_model": asked}
    assert (await http.post("/api/v1/model/", json=body, headers=mapper)).status_code == 201
    assert owners.last(DraftModel)["base_model_stac_id"] == chosen


@pytest.mark.spec("22.3", "GET /model/, model filters")
async def test_model_filters(http, owners):
    owners.answer(ListLocalModels, rows())
    await http.get("/api/v1/model/?status=0&id=4&user=7")
    asked = owners.last(ListLocalModels)
    assert (asked["status"], asked["visibility"], asked["user"]) == ("active", "public", 7)
    assert asked["page"]["compare"] == [{"field": "id", "op": "exact", "value": "4"}]


@pytest.mark.spec("22.3", "POST /model/, created as draft")
async def test_model_begins_as_a_draft(http, owners, mapper, problem):
    owners.judge(DraftModel, Accepted(result=card(), http=201))
    body = {"name": "Hilltop roofs", "dataset": 5, "description": "d", "base_model": "RAMP"}
    made = await http.post("/api/v1/model/", json=body, headers=mapper)
    assert (made.status_code, made.json().keys(), made.json()["status"]) == (201, FIELDS, -1)
    asked = owners.last(DraftModel)
    assert (asked["base_model_stac_id"], asked["title"], asked["dataset"]) == ("ramp-v1", "Hilltop roofs", 5)
    problem(await http.post("/api/v1/model/", json={**body, "status": 0}, headers=mapper), 400)
    refused = problem(await http.post("/api/v1/model/", json={**body, "base_model": "x"}, headers=mapper), 400)
    assert list(refused["error"]["details"]) == ["base_model"]


@pytest.mark.spec("22.3", "GET /model/{id}/")
async def test_draft_is_there_before_the_catalog_has_heard_of_it(http, owners, mapper, stranger, problem):
    owners.answer(GetLocalModel, Refused(kind=Kind.NOT_FOUND, code="local_model_not_found"))
    owners.answer(GetModelCard, card())
    assert (await http.get("/api/v1/model/4/", headers=mapper)).json()["name"] == "Hilltop roofs"
    problem(await http.get("/api/v1/model/4/", headers=stranger), 404)


@pytest.mark.spec("22.3", "PATCH /model/{id}/")
async def test_words_and_state_are_changed(http, owners, mapper, problem):
    owners.answer(GetLocalModel, model())
    owners.judge(ChangeModelCard, Accepted(result=card(title="New")))
    changed = await http.patch("/api/v1/model/4/", json={"name": "New"}, headers=mapper)
    assert (changed.json()["name"], owners.last(ChangeModelCard)["title"]) == ("New", "New")
    owners.judge(ArchiveLocalModel, Accepted(result=model(status="archived")))
    assert (await http.patch("/api/v1/model/4/", json={"status": 1}, headers=mapper)).status_code == 200
    assert owners.last(ArchiveLocalModel)["archived"] is True
    problem(await http.patch("/api/v1/model/4/", json={"status": 0}, headers=mapper), 409)
    owners.answer(GetLocalModel, model(stac_item_id="roofs-v1", published_training=9))
    owners.judge(SetLocalModelVisibility, Accepted(result=model()))
    assert (await http.patch("/api/v1/model/4/", json={"status": 0}, headers=mapper)).status_code == 200
    assert owners.last(SetLocalModelVisibility)["visibility"] == "public"


@pytest.mark.spec("22.3", "PUT /model/{id}/")
async def test_model_is_replaced(http, owners, mapper, problem):
    owners.answer(GetLocalModel, model())
    owners.judge(ChangeModelCard, Accepted(result=card(title="New", description="")))
    body = {"name": "New", "dataset": 6, "base_model": "RAMP"}
    put = await http.put("/api/v1/model/4/", json=body, headers=mapper)
    assert (put.status_code, put.json().keys(), put.json()["name"], put.json()["dataset"]["id"]) == (
        200,
        FIELDS,
        "New",
        6,
    )
    asked = owners.last(ChangeModelCard)
    assert (asked["model_id"], asked["title"], asked["dataset"], asked["description"]) == (4, "New", 6, "")
    for wrong, field in (({"base_model": "YOLO_V8_V1"}, "base_model"), ({"name": None}, "name")):
        refused = problem(await http.put("/api/v1/model/4/", json=body | wrong, headers=mapper), 400)
        assert list(refused["error"]["details"]) == [field]
    refused = problem(await http.put("/api/v1/model/4/", json={"name": "New"}, headers=mapper), 400)
    assert list(refused["error"]["details"]) == ["dataset"]


@pytest.mark.spec("22.3", "DELETE /model/{id}/")
async def test_model_is_deleted_unless_it_is_published(http, owners, mapper, stranger, problem):
    owners.answer(GetLocalModel, model())
    owners.judge(DeleteModel, Accepted(http=204))
    assert (await http.delete("/api/v1/model/4/", headers=mapper)).status_code == 204
    assert owners.last(DeleteModel)["model_id"] == 4
    owners.answer(GetLocalModel, model(stac_item_id="roofs-v1", published_training=9, visibility="public"))
    problem(await http.delete("/api/v1/model/4/", headers=mapper), 409)
    owners.judge(DeleteModel, Refused(kind=Kind.FORBIDDEN, code="not_yours"))
    problem(await http.delete("/api/v1/model/4/", headers=stranger), 403)


def box_ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


RING = box_ring(85.51, 27.62, 85.52, 27.63)


@pytest.mark.spec("22.3", "GET /models/centroid/, published models only")
async def test_centroids_of_published_models(http, owners):
    parts = [[box_ring(179.98, -17, 180, -16)], [box_ring(-180, -17, -179.96, -16)]]
    there = model(stac_item_id="roofs-v1", stac={"geometry": {"type": "Polygon", "coordinates": [RING]}})
    at_the_line = model(stac_item_id="atoll-v1", stac={"geometry": {"type": "MultiPolygon", "coordinates": parts}})
    owners.answer(ListLocalModels, rows(there, at_the_line, model(stac=None)))
    body = (await http.get("/api/v1/models/centroid?search=roofs&id=4")).json()
    point, far = body["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [85.515, 27.625]}
    assert far["geometry"]["coordinates"] == pytest.approx([-179.99, -16.5])
    assert point["properties"]["mid"] == 4
    asked = owners.last(ListLocalModels)
    assert (asked["status"], asked["visibility"], asked["expand"]) == ("active", "public", True)


@pytest.mark.parametrize(("box", "middle"), [([179.6, -17, -179.8, -16], 179.9), ([179.8, -17, -179.6, -16], -179.9)])
def test_the_middle_of_a_box_over_the_antimeridian(box, middle):
    assert centre_of(box) == pytest.approx((middle, -16.5))

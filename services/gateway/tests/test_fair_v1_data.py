"""`/dataset/` and `/aoi/`."""

import json

import pytest
from v1_rows import SQUARE, TEMPLATE, area, dataset, rows

from contracts.catalog.areas import ChangeAoi, CreateAoi, DeleteAoi, GetAoi, GetAoiGpx, ListAois
from contracts.catalog.datasets import ChangeDataset, CreateDataset, DeleteDataset, GetDataset, ListDatasets
from contracts.verdict import Accepted

FIELDS = {"id", "name", "source_imagery", "status", "user", "created_at", "last_modified", "offset",
          "models_count"}  # fmt: skip


@pytest.mark.spec("22.3", "GET /dataset/, name, source_imagery, status, user")
async def test_datasets_in_the_words_of_then(http, owners):
    owners.answer(ListDatasets, rows(dataset(visibility="public")))
    body = (await http.get("/api/v1/dataset/")).json()
    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    [row] = body["results"]
    assert row.keys() == FIELDS
    assert (row["name"], row["status"], row["models_count"]) == ("Hilltop", 0, 2)
    assert row["user"] == {"osm_id": 7, "username": "mapper", "img_url": ""}


@pytest.mark.spec("22.3", "dataset filters, dataset search")
async def test_dataset_filters(http, owners, problem):
    owners.answer(ListDatasets, rows())
    query = {"id": 5, "created_at__gte": "2026-01-01", "last_modified__lt": "2027-01-01", "user": 7, "status": -1,
             "search": "hill", "ordering": "-id", "unheard_of__gt": 1}  # fmt: skip
    assert (await http.get("/api/v1/dataset/", params=query)).status_code == 200
    asked = owners.last(ListDatasets)
    assert (asked["user"], asked["visibility"], asked["page"]["search"]) == (7, "private", "hill")
    compared = {(one["field"], one["op"], one["value"]) for one in asked["page"]["compare"]}
    assert compared == {
        ("id", "exact", "5"),
        ("created_at", "gte", "2026-01-01"),
        ("last_modified", "lt", "2027-01-01"),
    }
    await http.get("/api/v1/dataset/?status=1")
    assert owners.last(ListDatasets)["page"]["compare"] == [{"field": "id", "op": "exact", "value": "0"}]
    problem(await http.get("/api/v1/dataset/?status=2"), 400)


@pytest.mark.spec("22.3", "POST /dataset/, PATCH /dataset/{id}/, DELETE /dataset/{id}/")
async def test_dataset_is_made_changed_and_deleted(http, owners, mapper, problem):
    owners.judge(CreateDataset, Accepted(result=dataset(), http=201))
    body = {"name": "Hilltop", "source_imagery": TEMPLATE}
    made = await http.post("/api/v1/dataset/", json=body, headers=mapper)
    assert (made.status_code, made.json()["id"], made.json()["status"]) == (201, 5, -1)
    assert owners.last(CreateDataset)["category"] == "buildings"
    await http.post("/api/v1/dataset/", json=body | {"offset": [1.5, -2]}, headers=mapper)
    assert owners.last(CreateDataset)["offset"] == [1.5, -2]
    owners.judge(ChangeDataset, Accepted(result=dataset(visibility="public")))
    changed = await http.patch("/api/v1/dataset/5/", json={"status": 0}, headers=mapper)
    assert (changed.json()["status"], owners.last(ChangeDataset)["title"]) == (0, None)
    owners.judge(DeleteDataset, Accepted(http=204))
    assert (await http.delete("/api/v1/dataset/5/", headers=mapper)).status_code == 204
    problem(await http.post("/api/v1/dataset/", json={**body, "name": "n" * 51}, headers=mapper), 400)


@pytest.mark.spec("22.1", "public GET, anonymous write 403")
@pytest.mark.spec("22.3", "GET /dataset/{id}/")
@pytest.mark.spec("22", "anonymous writes")
async def test_strangers_read_and_may_not_write(http, owners, problem):
    owners.answer(GetDataset, dataset())
    assert (await http.get("/api/v1/dataset/5/")).status_code == 200
    problem(await http.post("/api/v1/dataset/", json={}), 403)


@pytest.mark.spec("22.3", "GET /aoi/, POST /aoi/, label_status")
@pytest.mark.parametrize("geom", [SQUARE, json.dumps(SQUARE)])
async def test_area_from_an_object_or_its_text(http, owners, mapper, geom):
    owners.judge(CreateAoi, Accepted(result=area(), http=201))
    made = await http.post("/api/v1/aoi/", json={"geom": geom, "dataset": 5}, headers=mapper)
    assert (made.status_code, made.json()["id"], made.json()["properties"]["label_status"]) == (201, 12, -1)
    assert owners.last(CreateAoi)["geometry"] == SQUARE


@pytest.mark.spec("22.3", "GET /aoi/, POST /aoi/, GET /aoi/{id}/")
async def test_areas_have_their_number_at_the_top(http, owners, mapper, problem):
    owners.answer(ListAois, rows(area()))
    owners.answer(GetAoi, area())
    owners.answer(GetAoiGpx, "<gpx/>")
    listed = (await http.get("/api/v1/aoi/?dataset=5")).json()
    assert (listed["results"]["type"], listed["results"]["features"][0]["id"]) == ("FeatureCollection", 12)
    assert (await http.get("/api/v1/aoi/12/")).json()["id"] == 12
    assert (await http.get("/api/v1/aoi/gpx/12/")).text == "<gpx/>"
    refused = problem(await http.post("/api/v1/aoi/", json={"geom": "no", "dataset": 5}, headers=mapper), 400)
    assert refused["error"]["code"] == "GEOMETRY_VALIDATION_ERROR"
    assert refused["error"]["details"]["data"] == "no"


@pytest.mark.spec("22.3", "PUT /aoi/{id}/, PATCH /aoi/{id}/, DELETE /aoi/{id}/")
async def test_area_is_replaced_changed_and_deleted(http, owners, mapper):
    owners.judge(ChangeAoi, Accepted(result=area()))
    put = await http.put("/api/v1/aoi/12/", json={"geom": SQUARE, "dataset": 5}, headers=mapper)
    assert (put.status_code, put.json()["id"], owners.last(ChangeAoi)["dataset"]) == (200, 12, 5)
    assert (owners.last(ChangeAoi)["aoi_id"], owners.last(ChangeAoi)["geometry"]) == (12, SQUARE)
    assert (await http.patch("/api/v1/aoi/12/", json={"dataset": 6}, headers=mapper)).status_code == 200
    assert (owners.last(ChangeAoi)["dataset"], owners.last(ChangeAoi)["geometry"]) == (6, None)
    owners.judge(DeleteAoi, Accepted(http=204))
    assert (await http.delete("/api/v1/aoi/12/", headers=mapper)).status_code == 204
    assert owners.last(DeleteAoi)["aoi_id"] == 12


@pytest.mark.spec("22.3", "PUT /dataset/{id}/")
async def test_dataset_is_replaced(http, owners, mapper):
    owners.judge(ChangeDataset, Accepted(result=dataset(title="Barns")))
    body = {"name": "Barns", "source_imagery": TEMPLATE}
    put = await http.put("/api/v1/dataset/5/", json=body, headers=mapper)
    assert (put.status_code, put.json()["name"]) == (200, "Barns")
    asked = owners.last(ChangeDataset)
    assert (asked["dataset_id"], asked["title"], asked["source_imagery"]) == (5, "Barns", TEMPLATE)
    assert (asked["visibility"], asked["offset"]) == (None, None)

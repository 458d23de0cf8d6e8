"""What comes in wrong: refused at the door, in one form, and never a 500."""

import math
import re

import httpx
import orjson
import pytest

from contracts.catalog.areas import CreateAoi, ListAois
from contracts.catalog.datasets import ListDatasets
from contracts.notify.userstate import CreateState
from contracts.prediction import SubmitPrediction
from contracts.training import SubmitTraining
from contracts.verdict import Accepted
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from gateway.apis.fair.data.datasets import EXAMPLE as DATASET
from gateway.apis.fair.runs.predictions import EXAMPLE as PREDICTION
from gateway.apis.fair.runs.trainings import EXAMPLE as TRAINING
from gateway.http.policy import Policy

RAW = {
    "not json": b"{", "an array": b"[]", "a number": b"7", "nothing": b"",
    "not a number": b'{"type":"Feature","geometry":NaN}',
    "latin": b'{"type": "\xe9"}', "deep": b"[" * 100_000, "a nul": b'{"type":"Feature","geometry":{"type":"\\u0000"}}',
    "half a pair": b'{"type":"Feature","geometry":{"type":"\\ud800"}}',
}  # fmt: skip


@pytest.mark.spec("1.1", "body is JSON")
@pytest.mark.parametrize("body", RAW.values(), ids=RAW.keys())
async def test_unreadable_body(http, owners, mapper, problem, body):
    headers = mapper | {"content-type": "application/json"}
    problem(await http.post("/api/v1/aois/", content=body, headers=headers), 400)
    assert not owners.heard


def nested(levels: int) -> bytes:
    return b'{"state":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"


async def test_no_body_of_any_route_is_nested_too_deeply(http, running, owners, chief, problem):
    headers = chief | {"content-type": "application/json"}
    routes = [route for route in running.app.routes if route.body_field and route.rule.policy is not Policy.MAPPINGS]
    asked = [(method, re.sub("{[^}]*}", "7", route.path)) for route in routes for method in route.methods]
    assert len(asked) > 40
    for method, path in asked:
        for levels in (33, 300, 900):
            answer = await http.request(method, path, content=nested(levels), headers=headers)
            assert "nested too deeply" in problem(answer, 400)["detail"], (method, path)
    assert not owners.heard


async def test_bodies_may_be_nested(http, owners, mapper):
    owners.judge(CreateState, Accepted(result={}, http=201))
    headers = mapper | {"content-type": "application/json"}
    assert (await http.post("/api/v1/user-state/", content=nested(32), headers=headers)).status_code == 201


@pytest.mark.parametrize("geom", ['{"type":"Polygon","coordinates":' + "[" * 40 + "]" * 40 + "}",
                                  "POLYGON" + "(" * 40 + "1 2" + ")" * 40])  # fmt: skip
async def test_no_text_of_a_geometry_is_nested_too_deeply(http, owners, mapper, problem, geom):
    problem(await http.post("/api/v1/aoi/", json={"geom": geom}, headers=mapper), 400)
    assert not owners.heard


async def test_a_byte_order_mark_is_no_part_of_the_text(http, owners, mapper):
    owners.judge(CreateAoi, Accepted(result={"properties": {"id": 3, "user": {"osm_id": 7}}}, http=201))
    body = b"\xef\xbb\xbf" + orjson.dumps(AOI, option=orjson.OPT_INDENT_2).replace(b"\n", b"\r\n")
    headers = mapper | {"content-type": "application/json"}
    for path in ("aois", "aoi"):
        sent = body if path == "aois" else b"\xef\xbb\xbf" + orjson.dumps({"geom": AOI["geometry"]})
        assert (await http.post(f"/api/v1/{path}/", content=sent, headers=headers)).status_code == 201
        assert owners.last(CreateAoi)["geometry"] == AOI["geometry"]


BAD_DATASETS = {
    "title": "x" * 201, "description": "   ", "source_imagery": "https://img.example/{x}/{y}.png", "zoom": 23,
    "aoi_ids": [], "label_tasks": ["dreams"], "label_classes": [{"name": "", "classes": ["*"]}],
    "keywords": ["k" * 81], "label_type": "wish", "geometry_type": "blob", "category": "",
}  # fmt: skip


@pytest.mark.spec("1.4", "VALIDATION_ERROR, error.code, error.message, error.details")
@pytest.mark.spec("3.3", "title, description, source_imagery, category, zoom, aoi_ids, label_tasks, label_classes")
@pytest.mark.spec("3.3", "keywords, label_type, geometry_type")
@pytest.mark.parametrize("field", BAD_DATASETS)
async def test_wrong_field_is_named(http, owners, mapper, problem, field):
    body = DATASET | {field: BAD_DATASETS[field]}
    error = problem(await http.post("/api/v1/datasets/build/", json=body, headers=mapper), 400)["error"]
    assert (error["code"], error["message"]) == ("VALIDATION_ERROR", "Invalid request data")
    assert list(error["details"]) == [field]
    assert isinstance(error["details"][field], list)


@pytest.mark.parametrize("field", [f for f in DATASET if f != "label_type"])
async def test_missing_field_is_named(http, mapper, problem, field):
    body = {k: v for k, v in DATASET.items() if k != field}
    details = problem(await http.post("/api/v1/datasets/build/", json=body, headers=mapper), 400)["error"]["details"]
    assert list(details) == [field]


@pytest.mark.spec("1.4", "non_field_errors")
@pytest.mark.spec("8.3", "bbox, geometry, exactly one of bbox and geometry, bbox becomes a polygon")
async def test_area_of_a_prediction_is_a_box_or_a_geometry(http, owners, mapper, problem):
    owners.judge(SubmitPrediction, Accepted(result={}, http=202))
    plain = {k: v for k, v in PREDICTION.items() if k != "geometry"}
    for body in (plain, PREDICTION | {"bbox": [1, 2, 3, 4]}):
        details = problem(await http.post("/api/v1/predictions/submit/", json=body, headers=mapper), 400)
        assert "non_field_errors" in details["error"]["details"]
    response = await http.post("/api/v1/predictions/submit/", json=plain | {"bbox": [1, 2, 3, 4]}, headers=mapper)
    assert response.status_code == 202
    ring = [[1, 2], [3, 2], [3, 4], [1, 4], [1, 2]]
    assert owners.last(SubmitPrediction)["geometry"] == {"type": "Polygon", "coordinates": [ring]}


@pytest.mark.spec("8.3", "model_stac_id, image_uri, bbox, zoom")
@pytest.mark.parametrize(
    "change",
    [
        {"bbox": [3, 2, 1, 4]}, {"bbox": [1, 2, 3]}, {"bbox": [1, 2, 3, "north"]}, {"image_uri": "ftp://x/{z}/{x}/{y}"},
        {"image_uri": "https://img.example/some.png"}, {"zoom": 13}, {"zoom": 23}, {"model_stac_id": "m" * 65},
    ],
)  # fmt: skip
async def test_bad_prediction(http, mapper, problem, change):
    body = {k: v for k, v in PREDICTION.items() if k != "geometry"} | {"bbox": [1, 2, 3, 4]} | change
    details = problem(await http.post("/api/v1/predictions/submit/", json=body, headers=mapper), 400)["error"][
        "details"
    ]
    assert next(iter(change)) in details


@pytest.mark.spec("8.3", "tilejson.json is imagery")
async def test_tilejson_address_is_imagery(http, owners, mapper):
    owners.judge(SubmitPrediction, Accepted(result={}, http=202))
    body = PREDICTION | {"image_uri": "https://img.example/a/tilejson.json?token=1"}
    assert (await http.post("/api/v1/predictions/submit/", json=body, headers=mapper)).status_code == 202
    asked = owners.last(SubmitPrediction)
    assert asked["image_uri"] == body["image_uri"]
    assert (asked["params"], asked["remove_osm"], asked["description"]) == ({}, False, "")


@pytest.mark.spec("1.3", "illegal filter 400")
@pytest.mark.parametrize(
    "query",
    ["status=wild", "visibility=secret", "user=abc", "limit=0", "limit=x", "offset=-1", "user=99999999999999999999"],
)
async def test_illegal_filter_is_named(http, problem, query):
    details = problem(await http.get(f"/api/v1/datasets/?{query}"), 400)["error"]["details"]
    assert list(details) == [query.partition("=")[0]]


@pytest.mark.spec("1.3", "malformed box 400")
@pytest.mark.parametrize("box", ["1,2,3", "a,b,c,d", "1,4,3,2", "1,2,3,nan", "1,2,3,4,5"])
async def test_malformed_box(http, mapper, problem, box):
    details = problem(await http.get("/api/v1/aois/", params={"in_bbox": box}, headers=mapper), 400)["error"]["details"]
    assert list(details) == ["in_bbox"]


@pytest.mark.spec("1.3", "unknown parameter ignored")
async def test_unknown_parameters_are_ignored(http, owners):
    owners.answer(ListDatasets, {"count": 0, "results": []})
    response = await http.get("/api/v1/datasets/?nonsense=1&ordering=wind,-created_at&status=&expand=all")
    assert response.status_code == 200
    asked = owners.last(ListDatasets)
    assert (asked["page"]["ordering"], asked["status"], asked["expand"]) == ("wind,-created_at", None, False)


@pytest.mark.spec("1.2", "limit, offset, count, next, previous, results")
async def test_list_has_links_to_its_neighbours(http, owners):
    owners.answer(ListDatasets, {"count": 25, "results": [{"id": 1}]})
    body = (await http.get("/api/v1/datasets/?search=hill%20top&limit=10&offset=10")).json()
    base = "https://fair.example/api/v1/datasets/?search=hill+top&limit=10"
    assert body.keys() == {"count", "next", "previous", "results"}
    assert (body["count"], body["results"]) == (25, [{"id": 1}])
    assert (body["next"], body["previous"]) == (f"{base}&offset=20", base)
    page = owners.last(ListDatasets)["page"]
    assert (page["search"], page["limit"], page["offset"]) == ("hill top", 10, 10)
    ends = (await http.get("/api/v1/datasets/?limit=100")).json()
    assert (ends["next"], ends["previous"]) == (None, None)


async def test_list_of_areas_is_a_feature_collection(http, owners, mapper):
    owners.answer(ListAois, {"count": 1, "results": [AOI]})
    response = await http.get("/api/v1/aois/?in_bbox=1,2,3,4&dataset=5", headers=mapper)
    assert response.json()["results"] == {"type": "FeatureCollection", "features": [AOI]}
    asked = owners.last(ListAois)
    assert (asked["page"]["in_bbox"], asked["dataset"]) == ([1, 2, 3, 4], 5)


@pytest.mark.spec("1.1", "unknown id 404")
@pytest.mark.parametrize("path", ["aois/abc/", "aois/0/", "aois/99999999999999999999/", "nothing/", "trainings/x"])
async def test_unknown_place_is_404(http, mapper, problem, path):
    body = problem(await http.get(f"/api/v1/{path}", headers=mapper), 404)
    assert body["error"]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.spec("1.1", "method not offered 405")
@pytest.mark.spec("1.4", "METHOD_NOT_ALLOWED")
async def test_wrong_method_says_which_are_right(http, mapper, problem):
    response = await http.delete("/api/v1/aois/", headers=mapper)
    assert problem(response, 405)["error"]["code"] == "METHOD_NOT_ALLOWED"
    assert set(response.headers["allow"].split(", ")) == {"GET", "POST"}


@pytest.mark.spec("1.1", "body is JSON")
async def test_other_content_type(http, mapper, problem):
    problem(await http.post("/api/v1/aois/", content="<aoi/>", headers=mapper | {"content-type": "text/xml"}), 415)
    problem(await http.post("/api/v1/aois/", data={"type": "Feature"}, headers=mapper), 415)


async def test_body_limit_counts_what_arrives(http, mapper, problem):
    """The first says its length, the second streams without one."""
    headers = mapper | {"content-type": "application/json"}
    big = b'{"type": "' + b"x" * (1 << 20) + b'"}'
    problem(await http.post("/api/v1/aois/", content=big, headers=headers), 413)

    async def pieces():
        for start in range(0, len(big), 65_536):
            yield big[start : start + 65_536]

    problem(await http.post("/api/v1/aois/", content=pieces(), headers=headers), 413)


async def test_largest_body_passes(http, owners, mapper):
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    pad = " " * ((1 << 20) - len(httpx.Request("POST", "http://x", json=AOI).content))
    body = httpx.Request("POST", "http://x", json=AOI).content + pad.encode()
    headers = mapper | {"content-type": "application/json; charset=utf-8"}
    assert (await http.post("/api/v1/aois/", content=body, headers=headers)).status_code == 201


def circle(corners: int) -> dict:
    """An AOI of so many vertices, each as long as browsers write them."""
    angles = [2 * math.pi * number / (corners - 1) for number in range(corners - 1)]
    ring = [[85.51 + math.cos(angle) / 100, 27.62 + math.sin(angle) / 100] for angle in angles]
    return AOI | {"geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}}


async def test_aoi_of_ten_thousand_vertices_reaches_its_owner(http, owners, mapper):
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    assert (await http.post("/api/v1/aois/", json=circle(10_000), headers=mapper)).status_code == 201
    assert len(owners.last(CreateAoi)["geometry"]["coordinates"][0]) == 10_000


async def test_body_that_grows_into_its_command_reaches_its_owner(http, owners, mapper):
    """Whole numbers are written as fractions."""
    owners.judge(CreateAoi, Accepted(result={}, http=201))
    pairs = ((1 << 20) - 200) // len("[0,0],")
    start = b'{"type":"Feature","geometry":{"type":"Polygon","coordinates":[['
    body = start + b"[0,0]," * pairs + b"[0,0]]]}}"
    headers = mapper | {"content-type": "application/json"}
    assert (await http.post("/api/v1/aois/", content=body, headers=headers)).status_code == 201


async def test_larger_than_the_bus_carries_is_said(http, owners, mapper, problem, running, monkeypatch):
    """An installation that lets larger bodies in."""
    monkeypatch.setattr(running.settings, "max_body", 8 << 20)
    body = problem(await http.post("/api/v1/aois/", json=circle(70_000), headers=mapper), 413)
    assert body["error"]["code"] == "PAYLOAD_TOO_LARGE"
    assert "at most 2064384 can be carried" in body["detail"]
    assert not owners.heard


async def test_duplicates_among_keywords_go(http, owners, mapper):
    owners.judge(SubmitTraining, Accepted(result={}, http=202))
    await http.post("/api/v1/trainings/submit/", json=TRAINING | {"keywords": ["b", "a", "b"]}, headers=mapper)
    assert owners.last(SubmitTraining)["keywords"] == ["b", "a"]


NUL_WITHIN = rb'"{\"type\": \"Point\", \"coordinates\": [1, \"\u005cu0000\"]}"'
DOORS = {
    "/api/v1/feedback/": b'{"geom": %s, "training": 9}',
    "/api/v1/aoi/": b'{"geom": %s, "dataset": 5}',
    "/api/v1/approved-prediction/": b'{"geom": %s, "training": 9}',
    "/api/v1/label/": b'{"geom": %s, "aoi": 5}',
    "/api/v1/feedback-aoi/": b'{"geom": %s, "training": 9}',
    "/api/v1/feedback-label/": b'{"geom": %s, "feedback_aoi": 5}',
    "/api/v1/prediction/": b'{"geom": %s, "config": {"checkpoint": "m", "zoom_level": 19, "source": "https://i.example/{z}/{x}/{y}"}}',
}


@pytest.mark.parametrize("path", DOORS)
async def test_nul_within_a_text_within_the_body_is_refused_at_the_door(http, owners, mapper, problem, path):
    headers = {**mapper, "content-type": "application/json"}
    problem(await http.post(path, content=DOORS[path] % NUL_WITHIN, headers=headers), 400)
    assert not any(kind.startswith("cmd.") for kind, _, _ in owners.heard)


async def test_area_of_a_prediction_in_a_projection_is_refused(http, owners, mapper, problem):
    crs = {"type": "name", "properties": {"name": "EPSG:3857"}}
    body = {"model_stac_id": "unet-v1", "image_uri": "https://img.example/{z}/{x}/{y}.png", "zoom": 19,
            "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]], "crs": crs}}  # fmt: skip
    refused = problem(await http.post("/api/v1/predictions/submit/", json=body, headers=mapper), 400)
    assert "EPSG:3857" in str(refused)

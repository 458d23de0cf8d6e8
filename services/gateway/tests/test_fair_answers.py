"""Routes that do more than pass a message on."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from contracts.catalog import curation, models
from contracts.catalog.areas import ChangeAoi, GetAoiGpx
from contracts.catalog.datasets import GetDataset
from contracts.prediction import GetRunLogs, PredictLive
from contracts.training import CancelRun, ListModelRuns
from contracts.verdict import Accepted, Kind, Refused
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from kit.http.outbound import Outbound

ITEM = {"type": "Feature", "properties": {"mlm:name": "unet"}}


class Pages(BaseHTTPRequestHandler):
    """A server of STAC items."""

    pages: ClassVar = {
        "/item": b'{"type": "Feature", "properties": {"mlm:name": "unet"}}',
        "/nameless": b'{"type": "Feature", "properties": {}}', "/list": b"[]", "/words": b"hello",
    }  # fmt: skip

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = self.pages.get(self.path)
        self.send_response(200 if body else 404)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def pages(running, monkeypatch) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    monkeypatch.setattr(running.context.outbounds, "models", Outbound(address))
    yield f"http://{address}"
    server.shutdown()
    Pages.asked.clear()


@pytest.mark.spec("6.2", "inference_endpoint")
@pytest.mark.spec("6.2", "stac_item_url, stac_item_url fetched once")
async def test_item_behind_an_address_is_fetched(http, owners, chief, pages):
    owners.judge(models.RegisterBaseModel, Accepted(result={"id": 1}, http=202))
    body = {"stac_item_url": f"{pages}/item", "inference_endpoint": "https://infer.example/unet"}
    assert (await http.post("/api/v1/base-models/", json=body, headers=chief)).status_code == 202
    asked = owners.last(models.RegisterBaseModel)
    assert (asked["stac_item"], asked["inference_endpoint"]) == (ITEM, "https://infer.example/unet")
    assert Pages.asked == ["/item"]


@pytest.mark.spec("6.2", "mlm:name required")
@pytest.mark.parametrize("page", ["nameless", "list", "words", "missing"])
async def test_address_without_an_item_is_named(http, owners, chief, pages, problem, page):
    refused = problem(
        await http.post("/api/v1/base-models/", json={"stac_item_url": f"{pages}/{page}"}, headers=chief), 400
    )
    assert list(refused["error"]["details"]) == ["stac_item_url"]
    assert not owners.heard


@pytest.mark.parametrize("url", ["http://127.0.0.1/item", "https://169.254.169.254/latest", "file:///etc/passwd", "x"])
async def test_private_addresses_are_not_asked(http, chief, problem, url):
    refused = problem(await http.post("/api/v1/base-models/", json={"stac_item_url": url}, headers=chief), 400)
    assert list(refused["error"]["details"]) == ["stac_item_url"]


@pytest.mark.spec("6.2", "stac_item, exactly one source, mlm:name required")
@pytest.mark.spec("6.2", "exactly one of stac_item, stac_item_url")
@pytest.mark.parametrize("body", [{}, {"stac_item": ITEM, "stac_item_url": "https://x.example"}, {"stac_item": {}}])
async def test_item_is_given_once_and_has_a_name(http, chief, problem, body):
    problem(await http.post("/api/v1/base-models/", json=body, headers=chief), 400)


@pytest.mark.spec("6.2", "source_imagery, pinned_location")
@pytest.mark.spec("6.2", "PATCH /base-models/{id}/pin/, PATCH /base-models/{id}/metadata/, stac: 400")
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("pin", {"source_imagery": "https://img.example/1.png"}, "source_imagery"),
        ("pin", {"pinned_location": {"type": "Point", "coordinates": [1, 2, 3]}}, "pinned_location"),
        ("metadata", {}, "non_field_errors"), ("stac", {"properties": {"mlm:name": "other"}}, "non_field_errors"),
        ("stac", {"stac_extensions": ["https://evil.example/x.json"]}, "stac_extensions"),
    ],
)  # fmt: skip
async def test_bad_curation_is_named(http, chief, problem, path, body, field):
    refused = problem(await http.patch(f"/api/v1/local-models/4/{path}/", json=body, headers=chief), 400)
    assert list(refused["error"]["details"]) == [field]


async def test_pin_without_a_body_pins(http, owners, chief):
    owners.judge(curation.PinModel, Accepted(result={"id": 1}))
    assert (await http.patch("/api/v1/base-models/1/pin/", headers=chief)).status_code == 200
    asked = owners.last(curation.PinModel)
    assert (asked["registry"], asked["model_id"], asked["is_pinned"]) == ("base", 1, True)


@pytest.mark.spec("6.3", "GET /local-models/{id}/runs/")
async def test_runs_of_a_model_follow_its_visibility(http, owners, problem):
    owners.answer(models.GetLocalModel, {"id": 4, "name": "roofs"})
    owners.answer(ListModelRuns, [{"id": "r1"}])
    assert (await http.get("/api/v1/local-models/4/runs/?limit=5")).json() == [{"id": "r1"}]
    assert owners.last(ListModelRuns) == {"model_name": "roofs", "limit": 5}
    owners.answer(models.GetLocalModel, Refused(kind=Kind.NOT_FOUND, code="model_not_found"))
    problem(await http.get("/api/v1/local-models/4/runs/"), 404)


@pytest.mark.spec("4", "GET /aois/gpx/{aoi_id}/, GPX is application/xml, GPX of an unknown one 404")
@pytest.mark.spec("22.3", "GET /aoi/gpx/{id}/, GET /feedback-aoi/gpx/{id}/")
async def test_area_as_gpx(http, owners, mapper, problem):
    owners.answer(GetAoiGpx, "<gpx/>")
    response = await http.get("/api/v1/aois/gpx/3", headers=mapper)
    assert (response.text, response.headers["content-type"]) == ("<gpx/>", "application/xml")
    assert owners.last(GetAoiGpx) == {"aoi_id": 3, "name": ""}
    for path in ("aoi", "feedback-aoi"):
        assert (await http.get(f"/api/v1/{path}/gpx/4/")).text == "<gpx/>"
        assert owners.last(GetAoiGpx) == {"aoi_id": 4, "name": "Don't Edit this Boundary"}
    owners.answer(GetAoiGpx, Refused(kind=Kind.NOT_FOUND, code="aoi_not_found"))
    problem(await http.get("/api/v1/aois/gpx/3/", headers=mapper), 404)


@pytest.mark.spec("4", "PUT /aois/{id}/, PATCH /aois/{id}/, dataset")
async def test_absent_dataset_differs_from_none(http, owners, mapper):
    owners.judge(ChangeAoi, Accepted(result={}))
    bodies = ({"properties": {"dataset": None}}, {"geometry": AOI["geometry"]}, AOI | {"properties": {"dataset": 5}})
    seen = []
    for body in bodies:
        await http.patch("/api/v1/aois/3/", json=body, headers=mapper)
        asked = owners.last(ChangeAoi)
        seen.append((asked["dataset"], asked["set_dataset"], asked["geometry"] is not None))
    assert seen == [(None, True, False), (None, False, True), (5, True, True)]
    for properties, named in ((None, False), ({}, False), ({"dataset": None}, True)):
        await http.put("/api/v1/aois/3/", json=AOI | {"properties": properties}, headers=mapper)
        assert (owners.last(ChangeAoi)["dataset"], owners.last(ChangeAoi)["set_dataset"]) == (None, named)


@pytest.mark.spec("15", "only expand=stac")
async def test_expansion_wants_the_exact_word(http, owners):
    owners.answer(GetDataset, {"id": 1})
    for word, expanded in (("stac", True), ("STAC", False), ("", False)):
        await http.get("/api/v1/datasets/1/", params={"expand": word})
        assert owners.last(GetDataset)["expand"] is expanded


@pytest.mark.spec("7.5", "tail, step, since, bad tail 400, bad since 400")
async def test_log_filters(http, owners, mapper, problem):
    owners.answer(GetRunLogs, [])
    query = {"tail": 5, "step": "run_inference", "since": "2026-10-01T08:00:00Z"}
    assert (await http.get("/api/v1/predictions/runs/r-1/logs/", params=query, headers=mapper)).json() == []
    assert owners.last(GetRunLogs) == {"run_id": "r-1", **query}
    for bad in ({"tail": 0}, {"tail": "x"}, {"since": "yesterday"}):
        refused = problem(await http.get("/api/v1/trainings/runs/r-1/logs/", params=bad, headers=mapper), 400)
        assert list(refused["error"]["details"]) == list(bad)


@pytest.mark.spec("1.4", "RUN_ALREADY_FINISHED")
@pytest.mark.spec("7.6", "finished 409")
async def test_run_is_cancelled_gracefully(http, owners, mapper, problem):
    verdict = Refused(kind=Kind.CONFLICT, code="RUN_ALREADY_FINISHED", detail="It is over.")
    owners.judge(CancelRun, verdict)
    refused = problem(await http.post("/api/v1/trainings/runs/r-1/cancel/?graceful=true", headers=mapper), 409)
    assert refused["error"]["code"] == "RUN_ALREADY_FINISHED"
    assert owners.last(CancelRun) == {"run_id": "r-1", "training_id": None, "graceful": True}


async def test_a_cancelled_run_is_told_in_three_members(http, owners, mapper):
    told = {"run_id": "r-1", "training_id": 9, "status": "stopping", "graceful": False}
    owners.judge(CancelRun, Accepted(result=told))
    answer = await http.post("/api/v1/trainings/runs/r-1/cancel/", headers=mapper)
    assert answer.json() == {"run_id": "r-1", "status": "stopping", "graceful": False}
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_live_prediction_passes_through(http, owners, mapper):
    owners.answer(PredictLive, {"type": "FeatureCollection", "features": []})
    body = {"model_stac_id": "unet", "image_uri": "https://img.example/{z}/{x}/{y}", "bbox": [1, 2, 3, 4], "zoom": 19}
    response = await http.post("/api/v1/predictions/live/", json=body, headers=mapper)
    assert response.json()["type"] == "FeatureCollection"


AREA = {"image_uri": "https://tiles.example/{z}/{x}/{y}.png", "bbox": [85.0, 27.0, 85.001, 27.001], "zoom": 19}


@pytest.mark.spec("21.5", "live inference, inference health")
@pytest.mark.parametrize(
    "address",
    [
        "https://fair.example/api/v1/stac-assets/base-models/unet-v1/model/",
        "s3://fairway/dev/base-models/unet-v1/v2/model/model.onnx",
        "s3://fairway/local-models/unet-v1/model/model.onnx",
    ],
)
async def test_models_answer_at_the_address_in_their_items(http, owners, address):
    found = {"type": "FeatureCollection", "features": []}
    owners.answer(PredictLive, found)
    body = {"model_uri": address, **AREA, "params": {"confidence_threshold": 0.4}}
    answer = await http.post("/api/v1/inference/predict/", json=body)
    assert (answer.status_code, answer.json()) == (200, found)
    assert owners.last(PredictLive) == {"model_stac_id": "unet-v1", **AREA, "params": {"confidence_threshold": 0.4}}
    assert (await http.get("/api/v1/inference/health/")).json() == {"status": "ok"}


@pytest.mark.parametrize("address", ["https://evil.example/model.onnx", "file:///etc/passwd", "", "x/base-models//y"])
async def test_models_from_elsewhere_do_not_answer(http, owners, problem, address):
    refused = problem(await http.post("/api/v1/inference/predict/", json={"model_uri": address, **AREA}), 400)
    assert list(refused["error"]["details"]) == ["model_uri"]
    assert not owners.heard

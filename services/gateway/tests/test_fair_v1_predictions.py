"""`/prediction/`, in both forms."""

from itertools import count

import pytest
from v1_rows import SQUARE, TEMPLATE, dataset, model, prediction, rows, training

from contracts.catalog.datasets import GetDataset
from contracts.catalog.models import GetLocalModel, GetModelSummary
from contracts.prediction import (
    CancelRun,
    ChangePrediction,
    DeletePrediction,
    GetPrediction,
    ListPredictions,
    PredictLive,
    RetryPrediction,
    SetPredictionVisibility,
    SubmitPrediction,
)
from contracts.training import GetTraining
from contracts.verdict import Accepted, Kind, Refused

CONFIG = {"checkpoint": "roofs-v1", "zoom_level": 19, "source": TEMPLATE, "confidence_threshold": 0.4}
FIELDS = {
    "id", "geom", "description", "config", "status", "task_id", "result", "mapswipe_id", "published", "published_at",
    "user", "created_at", "started_at", "finished_at",
}  # fmt: skip
NUMBERS = count(8001)
KNOWN = {"facts": {"hyperparameters": {
    "inference.confidence_threshold": 0.5, "inference.tolerance": 0.3, "inference.min_area": 3.0, "training.epochs": 9,
}}}  # fmt: skip
BOX = [85.51, 27.62, 85.52, 27.63]


@pytest.fixture
def mapper(dev_token: str) -> dict[str, str]:
    """Somebody who has not predicted yet: fifty an hour are allowed."""
    return {"authorization": f"Bearer {dev_token}", "x-dev-user": f"{next(NUMBERS)}:novice"}


@pytest.mark.spec(
    "22.5",
    "POST /prediction/, geom, bbox, description, config, status, task_id, result, mapswipe_id, published, published_at",
)
@pytest.mark.parametrize("area", [{"bbox": BOX}, {"geom": SQUARE}])
async def test_run_is_submitted(http, owners, mapper, area):
    owners.judge(SubmitPrediction, Accepted(result=prediction(), http=202))
    made = await http.post("/api/v1/prediction/", json={"config": CONFIG, **area}, headers=mapper)
    row = made.json()
    assert (made.status_code, row.keys(), row["task_id"]) == (201, FIELDS, "prediction-31")
    assert (row["config"], row["published"]) == (CONFIG, False)
    asked = owners.last(SubmitPrediction)
    assert (asked["model_stac_id"], asked["params"]) == ("roofs-v1", {"confidence_threshold": 0.4})
    assert asked["geometry"] == SQUARE


@pytest.mark.spec("22.5", "POST /prediction/")
@pytest.mark.parametrize("config", [
    {"checkpoint": "/mnt/data/training_9/checkpoint.tf"},
    {"checkpoint": "https://x.example/weights.onnx", "model_id": 4},
])  # fmt: skip
async def test_checkpoints_of_then_name_the_published_model(http, owners, mapper, config, problem):
    owners.answer(GetTraining, training())
    owners.answer(GetLocalModel, model(stac_item_id="item-7"))
    owners.judge(SubmitPrediction, Accepted(result=prediction(), http=202))
    body = {"bbox": BOX, "config": {**CONFIG, **config}}
    assert (await http.post("/api/v1/prediction/", json=body, headers=mapper)).status_code == 201
    assert owners.last(SubmitPrediction)["model_stac_id"] == "item-7"
    owners.answer(GetLocalModel, model())
    problem(await http.post("/api/v1/prediction/", json=body, headers=mapper), 400)


@pytest.mark.spec("22.5", "missing config key 400")
@pytest.mark.parametrize("body", [
    {"bbox": BOX, "config": {k: v for k, v in CONFIG.items() if k != missing}}
    for missing in ("checkpoint", "zoom_level", "source")
] + [{"config": CONFIG}, {"config": CONFIG, "bbox": BOX, "geom": SQUARE}])  # fmt: skip
async def test_missing_parts_are_named(http, mapper, problem, body):
    problem(await http.post("/api/v1/prediction/", json=body, headers=mapper), 400)


@pytest.mark.spec("22.5", "GET /prediction/, GET /prediction/{id}/")
async def test_list_filters_and_row(http, owners):
    owners.answer(ListPredictions, rows(prediction(status="completed", visibility="public")))
    owners.answer(GetPrediction, prediction())
    found = (await http.get("/api/v1/prediction/?status=FINISHED&published=true&user=7&id=31")).json()["results"]
    assert (found[0]["status"], found[0]["published"]) == ("FINISHED", True)
    asked = owners.last(ListPredictions)
    assert (set(asked["statuses"]), asked["visibility"], asked["user"]) == ({"completed", "cached"}, "public", 7)
    assert (asked["prediction_id"], asked["page"]["by_id"]) == (31, True)
    assert (await http.get("/api/v1/prediction/31/")).json()["id"] == 31
    told = (await http.get("/api/v1/task/status/prediction-31/")).json()
    assert (told["status"], told["traceback"]) == ("PENDING", "")


@pytest.mark.spec("22.5", "PATCH /prediction/{id}/")
async def test_published_and_mapswipe_are_changed(http, owners, mapper):
    owners.answer(GetPrediction, prediction())
    owners.judge(ChangePrediction, Accepted(result=prediction(mapswipe_project_id="m-1")))
    owners.judge(SetPredictionVisibility, Accepted(result=prediction(visibility="public")))
    row = await http.patch("/api/v1/prediction/31/", json={"mapswipe_id": "m-1"}, headers=mapper)
    assert (row.json()["mapswipe_id"], owners.last(ChangePrediction)["mapswipe_project_id"]) == ("m-1", "m-1")
    row = await http.patch("/api/v1/prediction/31/", json={"published": True}, headers=mapper)
    assert (row.json()["published"], owners.last(SetPredictionVisibility)["visibility"]) == (True, "public")


@pytest.mark.spec(
    "22.5",
    "POST /prediction/{id}/retry/, retry of finished only, POST /prediction/terminate/{id}/, DELETE /prediction/{id}/",
)
async def test_retry_termination_and_deletion(http, owners, mapper, problem):
    owners.judge(RetryPrediction, Accepted(result=prediction(), http=202))
    again = await http.post("/api/v1/prediction/31/retry/", headers=mapper)
    assert (again.status_code, again.json()) == (200, {"detail": "Queued for retry", "task_id": "prediction-31"})
    owners.judge(RetryPrediction, Refused(kind=Kind.CONFLICT, code="RUN_NOT_FINISHED"))
    problem(await http.post("/api/v1/prediction/31/retry/", headers=mapper), 400)
    owners.judge(CancelRun, Accepted(result={"status": "stopped"}))
    assert (await http.post("/api/v1/prediction/terminate/31/", headers=mapper)).status_code == 200
    owners.judge(DeletePrediction, Accepted(http=204))
    assert (await http.delete("/api/v1/prediction/31/", headers=mapper)).status_code == 204


@pytest.mark.spec(
    "22.5",
    "synchronous 201, no features 204, no published training 404, out of range 400, model_id, zoom_level, confidence",
)
@pytest.mark.spec("22.5", "POST /predict/")
@pytest.mark.parametrize("path", ["prediction", "predict"])
async def test_small_areas_at_once(http, owners, mapper, problem, path):
    owners.answer(GetModelSummary, KNOWN)
    path = f"/api/v1/{path}/"
    feature = {"type": "Feature", "geometry": SQUARE, "properties": {"confidence": 0.9}}
    owners.answer(GetLocalModel, model(stac_item_id="item-7"))
    owners.answer(GetDataset, dataset())
    owners.answer(PredictLive, {"type": "FeatureCollection", "features": [feature]})
    body = {"bbox": BOX, "model_id": 4, "zoom_level": 20, "confidence": 60}
    done = await http.post(path, json=body, headers=mapper)
    assert done.status_code == 201
    assert done.json()["features"][0]["properties"] == {"confidence": 0.9, "building": "yes", "source": "fAIr"}
    asked = owners.last(PredictLive)
    assert (asked["image_uri"], asked["params"]) == (TEMPLATE, {"confidence_threshold": 0.6})
    owners.answer(PredictLive, {"type": "FeatureCollection", "features": []})
    assert (await http.post(path, json=body, headers=mapper)).status_code == 204
    for wrong in ({"zoom_level": 17}, {"confidence": 101}, {"max_angle_change": 46}, {"tolerance": 11}, {"bbox": [1]}):
        problem(await http.post(path, json={**body, **wrong}, headers=mapper), 400)
    owners.answer(GetLocalModel, model())
    problem(await http.post(path, json=body, headers=mapper), 404)


@pytest.mark.spec(
    "22.5", "use_josm_q, source, confidence, max_angle_change, skew_tolerance, tolerance, area_threshold, "
    "tile_overlap_distance",
)  # fmt: skip
@pytest.mark.parametrize("path", ["/api/v1/prediction/", "/api/v1/predict/"])
async def test_parameters_of_the_small_form(http, owners, mapper, problem, path):
    """What the models of today have no parameter for is checked and left out."""
    owners.answer(GetModelSummary, KNOWN)
    owners.answer(GetLocalModel, model(stac_item_id="item-7"))
    owners.answer(GetDataset, dataset())
    owners.answer(PredictLive, {"type": "FeatureCollection", "features": []})
    ignored = {"use_josm_q": True, "max_angle_change": 45, "skew_tolerance": 0, "tile_overlap_distance": 1}
    passed = {"source": "https://other.example/{z}/{x}/{y}", "confidence": 100, "tolerance": 10, "area_threshold": 20}
    body = {"bbox": BOX, "model_id": 4, "zoom_level": 18, **ignored, **passed}
    assert (await http.post(path, json=body, headers=mapper)).status_code == 204
    asked = owners.last(PredictLive)
    assert (asked["image_uri"], asked["zoom"]) == (passed["source"], 18)
    assert asked["params"] == {"confidence_threshold": 1.0, "tolerance": 10, "min_area": 20}
    wrong = {"use_josm_q": "perhaps", "source": "no address", "max_angle_change": -1, "skew_tolerance": 46,
             "tolerance": -1, "area_threshold": 21, "tile_overlap_distance": 1.1}  # fmt: skip
    for name, value in wrong.items():
        refused = await http.post(path, json={**body, name: value}, headers=mapper)
        assert name in str(problem(refused, 400)["error"]["details"])


@pytest.mark.spec("22.5", "POST /predict/, no published training 404")
async def test_the_predictor_takes_a_checkpoint(http, owners, mapper, problem):
    owners.answer(GetTraining, training())
    owners.answer(GetLocalModel, model(stac_item_id="item-7"))
    owners.answer(GetModelSummary, {"facts": {"hyperparameters": {"inference.orthogonalize": True}}})
    owners.answer(PredictLive, {"type": "FeatureCollection", "features": []})
    checkpoint = "https://fair.example/api/v1/workspace/download/training_9/checkpoint.tflite"
    body = {"bbox": BOX, "checkpoint": checkpoint, "zoom_level": 20, "source": TEMPLATE, "orthogonalize": False}
    assert (await http.post("/api/v1/predict/", json=body, headers=mapper)).status_code == 204
    asked = owners.last(PredictLive)
    assert (asked["model_stac_id"], asked["params"]) == ("item-7", {"orthogonalize": False})
    for missing in ("bbox", "zoom_level", "source", "checkpoint"):
        short = {name: value for name, value in body.items() if name != missing}
        problem(await http.post("/api/v1/predict/", json=short, headers=mapper), 400)
    owners.answer(GetLocalModel, model())
    problem(await http.post("/api/v1/predict/", json=body, headers=mapper), 404)


@pytest.mark.spec("22.5", "config, confidence, tolerance, area_threshold")
async def test_thresholds_of_then_reach_a_run(http, owners, mapper):
    owners.answer(GetModelSummary, KNOWN)
    owners.judge(SubmitPrediction, Accepted(result=prediction(), http=202))
    early = {"confidence": 60, "area_threshold": 4, "use_josm_q": True, "tile_overlap_distance": 0.15}
    body = {"bbox": BOX, "config": {**CONFIG, **early, "confidence_threshold": 0.1, "mode": "roofs"}}
    assert (await http.post("/api/v1/prediction/", json=body, headers=mapper)).status_code == 201
    params = owners.last(SubmitPrediction)["params"]
    assert params == {"confidence_threshold": 0.1, "min_area": 4, "mode": "roofs"}


@pytest.mark.spec("23", "unknown filters ignored")
async def test_filters_of_then_are_ignored_at_the_path_of_today(http, owners):
    owners.answer(ListPredictions, rows())
    assert (await http.get("/api/v1/predictions/?published=true&ordering=-id")).status_code == 200
    assert owners.last(ListPredictions)["visibility"] is None

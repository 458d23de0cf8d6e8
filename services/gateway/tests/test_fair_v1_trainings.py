"""`/training/` and the states of its tasks."""

from itertools import chain, count, repeat

import pytest
from v1_rows import area, card, dataset, model, rows, training

from contracts.catalog.areas import ListAois
from contracts.catalog.datasets import BuildDraft, GetDataset
from contracts.catalog.labels import ListLabels
from contracts.catalog.models import (
    GetBaseModel,
    GetLocalModel,
    GetModelSummary,
    ListBaseModels,
    PublishLocalModel,
    SetLocalModelVisibility,
)
from contracts.prediction.feedback import CountJudgements
from contracts.training import (
    CancelRun,
    DeleteTraining,
    GetModelCard,
    GetRunLogs,
    GetTraining,
    ListTrainings,
    SubmitTraining,
)
from contracts.verdict import Accepted, Kind, Refused

ORDER = {"model": 4, "epochs": 5, "batch_size": 4, "zoom_level": [20, 19], "description": "first"}
FIELDS = {
    "id", "model", "source_imagery", "description", "status", "task_id", "zoom_level", "epochs", "batch_size",
    "freeze_layers", "multimasks", "input_contact_spacing", "input_boundary_width", "accuracy", "chips_length",
    "centroid", "user", "created_at", "started_at", "finished_at",
}  # fmt: skip


NUMBERS = count(7001)


@pytest.fixture
def mapper(dev_token: str) -> dict[str, str]:
    """Somebody who has not submitted a training yet: ten an hour are allowed."""
    return {"authorization": f"Bearer {dev_token}", "x-dev-user": f"{next(NUMBERS)}:novice"}


@pytest.fixture(autouse=True)
def known_rows(owners):
    owners.answer(GetDataset, dataset(status="built", zoom=19, chip_count=32))
    owners.answer(ListAois, rows(area()))
    owners.answer(ListLabels, rows({}))
    owners.answer(GetModelCard, card())
    owners.answer(GetLocalModel, model())
    owners.answer(GetBaseModel, {"name": "ramp"})
    owners.answer(GetModelSummary, {"facts": {"hyperparameters_spec": [{"key": "epochs"}, {"key": "multimasks"}]}})
    owners.answer(ListTrainings, rows())
    owners.judge(SubmitTraining, Accepted(result=training(status="initializing", metrics=None), http=202))


@pytest.mark.spec(
    "22.4",
    "POST /training/, model, source_imagery, description, status, task_id, zoom_level, epochs, "
    "batch_size, freeze_layers, multimasks, input_contact_spacing, input_boundary_width, accuracy, "
    "chips_length, centroid, started_at, finished_at",
)
async def test_training_of_a_built_dataset(http, owners, mapper):
    made = await http.post("/api/v1/training/", json=ORDER, headers=mapper)
    row = made.json()
    assert (made.status_code, row.keys(), row["status"], row["task_id"]) == (201, FIELDS, "SUBMITTED", "training-9")
    assert (row["zoom_level"], row["chips_length"], row["epochs"]) == ([19], 32, 5)
    assert row["model"] == {"id": 4, "name": "Hilltop roofs", "base_model": "RAMP"}
    asked = owners.last(SubmitTraining)
    assert (asked["model_name"], asked["dataset_stac_id"], asked["when_built"]) == (
        "hilltop-roofs",
        "hilltop-0a1b2c",
        True,
    )
    assert asked["overrides"] == {"epochs": 5, "batch_size": 4, "multimasks": False}


async def test_training_of_a_model_that_was_not_drafted(http, owners, mapper):
    """It goes on with the dataset of its last training."""
    owners.answer(GetModelCard, card(dataset=None))
    owners.answer(GetLocalModel, Refused(kind=Kind.NOT_FOUND, code="local_model_not_found"))
    owners.answer(ListTrainings, lambda asked: rows() if asked["statuses"] else rows(training()))
    made = await http.post("/api/v1/training/", json=ORDER, headers=mapper)
    assert (made.status_code, made.json()["model"]["name"]) == (201, "")
    assert owners.last(SubmitTraining)["dataset_stac_id"] == "hilltop-0a1b2c"


@pytest.mark.spec("22.4", "POST /training/, dataset without labels 400")
async def test_draft_is_built_first(http, owners, mapper, problem):
    owners.answer(GetDataset, dataset())
    owners.judge(BuildDraft, Accepted(result=dataset(status="building"), http=202))
    assert (await http.post("/api/v1/training/", json=ORDER, headers=mapper)).status_code == 201
    assert (owners.last(BuildDraft)["zoom"], owners.last(BuildDraft)["geometry_type"]) == (20, "polygon")
    owners.answer(ListLabels, rows())
    assert "label" in problem(await http.post("/api/v1/training/", json=ORDER, headers=mapper), 400)["detail"]
    owners.answer(ListLabels, rows({}))
    refused = Refused(kind=Kind.INVALID, code="invalid_dataset", facts={"aoi_ids": ["None."]})
    owners.judge(BuildDraft, refused)
    problem(await http.post("/api/v1/training/", json=ORDER, headers=mapper), 400)


@pytest.mark.spec("22.4", "limits")
@pytest.mark.parametrize(("base", "change", "field"), [
    ("ramp", {"epochs": 41}, "epochs"), ("ramp", {"batch_size": 9}, "batch_size"),
    ("yolo-v8-v2", {"epochs": 201}, "epochs"), ("yolo-v8-v1", {"batch_size": 9}, "batch_size"),
    ("ramp", {"zoom_level": [18, 19, 20, 21, 22]}, "zoom_level"),
])  # fmt: skip
async def test_limits_of_then(http, owners, mapper, problem, base, change, field):
    owners.answer(GetBaseModel, {"name": base})
    refused = problem(await http.post("/api/v1/training/", json={**ORDER, **change}, headers=mapper), 400)
    assert list(refused["error"]["details"]) == [field]


async def test_base_models_that_v1_did_not_know_have_their_own_limits(http, owners, mapper):
    owners.answer(GetBaseModel, {"name": "unet"})
    owners.answer(ListBaseModels, rows())
    assert (await http.post("/api/v1/training/", json={**ORDER, "epochs": 41}, headers=mapper)).status_code == 201


@pytest.mark.spec("22.4", "one at a time")
async def test_second_training_is_refused(http, owners, mapper, problem):
    owners.answer(ListTrainings, rows(training(status="running")))
    problem(await http.post("/api/v1/training/", json=ORDER, headers=mapper), 400)
    assert set(owners.last(ListTrainings)["statuses"]).isdisjoint({"completed", "failed", "stopped"})


@pytest.mark.spec("22.4", "one at a time")
async def test_two_that_come_at_once_are_told_apart_by_the_owner(http, owners, mapper, problem):
    """Also where the other one had the dataset built a moment ago."""
    states = chain(["draft"], repeat("building"))
    owners.answer(GetDataset, lambda _: dataset(status=next(states)))
    owners.judge(BuildDraft, Refused(kind=Kind.CONFLICT, code="not_a_draft"))
    refused = Refused(kind=Kind.INVALID, code="already_running", facts={"model": ["It is in training."]})
    owners.judge(SubmitTraining, refused)
    body = problem(await http.post("/api/v1/training/", json=ORDER, headers=mapper), 400)
    assert list(body["error"]["details"]) == ["model"]
    assert owners.last(SubmitTraining)["alone"] is True


@pytest.mark.spec("22.4", "feedback_count")
async def test_training_tells_what_was_said_of_it(http, owners):
    owners.answer(GetTraining, training())
    owners.answer(CountJudgements, {"accept": 2, "reject": 3})
    row = (await http.get("/api/v1/training/9/")).json()
    assert row.keys() == FIELDS | {"feedback_count", "approved_predictions_count"}
    assert (row["feedback_count"], row["approved_predictions_count"]) == (5, 2)
    assert owners.last(CountJudgements)["stac_id"] == "training-9"


@pytest.mark.spec("22.4", "GET /training/")
async def test_list_in_the_words_of_then(http, owners):
    owners.answer(ListTrainings, rows(training(), training(status="stopped"), training(status="running")))
    found = (await http.get("/api/v1/training/?model=4&status=FAILED&ordering=-finished_at")).json()["results"]
    assert [row["status"] for row in found] == ["FINISHED", "FAILED", "RUNNING"]
    assert (found[0]["accuracy"], found[0]["centroid"]["type"]) == (91.0, "Point")
    asked = owners.last(ListTrainings)
    assert (asked["local_model"], asked["page"]["ordering"]) == (4, "-ended_at")
    assert set(asked["statuses"]) == {"failed", "stopped", "retried"}


@pytest.mark.spec("22.4", "POST /training/publish/{id}/, not finished 409, low accuracy 403")
async def test_publishing_promotes_and_shows(http, owners, mapper, problem):
    owners.answer(GetTraining, training())
    owners.judge(PublishLocalModel, Accepted(result={"local_model_stac_id": "x"}, http=201))
    owners.judge(SetLocalModelVisibility, Accepted(result=model()))
    done = await http.post("/api/v1/training/publish/9/", headers=mapper)
    assert (done.status_code, done.json()) == (201, "Training Published")
    assert owners.last(SetLocalModelVisibility) == {"model_id": 4, "visibility": "public"}
    owners.answer(GetTraining, training(metrics={"accuracy": 0.69}))
    problem(await http.post("/api/v1/training/publish/9/", headers=mapper), 403)
    owners.answer(GetTraining, training(status="running"))
    problem(await http.post("/api/v1/training/publish/9/", headers=mapper), 409)


@pytest.mark.spec("22.4", "POST /training/terminate/{id}/, not running 400, DELETE /training/{id}/")
async def test_termination(http, owners, mapper, problem):
    owners.judge(CancelRun, Accepted(result={"status": "stopped"}))
    assert (await http.post("/api/v1/training/terminate/9/", headers=mapper)).status_code == 200
    assert owners.last(CancelRun)["training_id"] == 9
    owners.judge(CancelRun, Refused(kind=Kind.CONFLICT, code="RUN_ALREADY_FINISHED"))
    problem(await http.post("/api/v1/training/terminate/9/", headers=mapper), 400)
    owners.judge(DeleteTraining, Accepted(http=204))
    assert (await http.delete("/api/v1/training/9/", headers=mapper)).status_code == 204


@pytest.mark.spec(
    "22.4",
    "GET /task/status/{task_id}/, GET /training/status/{task_id}/, log lines while pending, unknown task is PENDING",
)
async def test_states_of_tasks(http, owners, mapper):
    owners.answer(GetRunLogs, [{"level": "info", "message": "epoch 1", "timestamp": None}])
    for status, state in (("initializing", "PENDING"), ("running", "STARTED"), ("completed", "SUCCESS")):
        owners.answer(GetTraining, training(status=status))
        told = (await http.get("/api/v1/task/status/training-9/", headers=mapper)).json()
        assert (told["id"], told["status"]) == ("training-9", state)
        assert told["traceback"] == (None if state == "SUCCESS" else "epoch 1")
    owners.answer(GetTraining, training(status="failed", error="No chips."))
    told = (await http.get("/api/v1/training/status/training-9/", headers=mapper)).json()
    assert (told["status"], told["error"], told["traceback"]) == ("FAILURE", "No chips.", "No chips.")
    assert (await http.get("/api/v1/task/status/4f2c-unknown/")).json()["status"] == "PENDING"
    assert owners.last(GetRunLogs)["tail"] == 10

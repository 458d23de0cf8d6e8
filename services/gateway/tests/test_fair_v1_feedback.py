"""Feedback in the words of v1: at the path of today, approvals, marked areas, trainings on them."""

import pytest
from v1_rows import NOW, SQUARE, USER, area, card, dataset, model, rows, training

from contracts.catalog.areas import CreateAoi, GetAoi, ListAois
from contracts.catalog.datasets import BuildDraft, CreateDataset, GetDataset, ListDatasets
from contracts.catalog.labels import CreateLabel, FetchLabels, ListLabels
from contracts.catalog.models import GetBaseModel, GetLocalModel, GetModelSummary
from contracts.prediction.feedback import ChangeFeedback, GiveFeedback, ListFeedback
from contracts.training import GetModelCard, GetTraining, ListTrainings, SubmitTraining
from contracts.verdict import Accepted, Kind, Refused

MARKED = dataset(id=6, stac_id="feedback-1", title="Feedback on training 9")


def feedback(**changes) -> dict:
    properties = {"id": 3, "stac_id": "training-9", "action": "accept", "comments": "", "config": {}, "user": USER,
                  "created_at": NOW, **changes}  # fmt: skip
    return {"type": "Feature", "geometry": SQUARE, "properties": properties}


@pytest.mark.spec("22.6", "action, training, comments")
async def test_feedback_of_then_at_the_path_of_today(http, owners, mapper, problem):
    owners.judge(GiveFeedback, Accepted(result=feedback(), http=201))
    body = {"type": "Feature", "geometry": SQUARE, "properties": {"action": "REJECT", "training": 9, "comments": "c"}}
    assert (await http.post("/api/v1/feedback/", json=body, headers=mapper)).status_code == 201
    asked = owners.last(GiveFeedback)
    assert (asked["action"], asked["stac_id"], asked["comments"]) == ("reject", "training-9", "c")
    body["properties"] = {"action": "ACCEPT", "config": {"checkpoint": "roofs-v1"}}
    await http.post("/api/v1/feedback/", json=body, headers=mapper)
    assert owners.last(GiveFeedback)["stac_id"] == "roofs-v1"
    owners.answer(ListFeedback, rows(feedback()))
    await http.get("/api/v1/feedback/?training=9&action=ACCEPT", headers=mapper)
    assert (owners.last(ListFeedback)["stac_id"], owners.last(ListFeedback)["action"]) == ("training-9", "accept")
    body["properties"] = {"action": "maybe"}
    problem(await http.post("/api/v1/feedback/", json=body, headers=mapper), 400)


@pytest.mark.spec("22.6", "feedback_type, zoom_level, source_imagery")
async def test_feedback_of_the_earliest(http, owners, mapper, problem):
    owners.judge(GiveFeedback, Accepted(result=feedback(), http=201))
    early = {"training": 9, "feedback_type": "FP", "zoom_level": 20, "source_imagery": "https://i.example/{z}/{x}/{y}"}
    body = {"type": "Feature", "geometry": SQUARE, "properties": early}
    assert (await http.post("/api/v1/feedback/", json=body, headers=mapper)).status_code == 201
    asked = owners.last(GiveFeedback)
    assert (asked["action"], asked["stac_id"]) == ("reject", "training-9")
    assert (asked["feedback_type"], asked["zoom_level"], asked["source_imagery"]) == tuple(early.values())[1:]
    body["properties"] = {**early, "feedback_type": "TN"}
    await http.post("/api/v1/feedback/", json=body, headers=mapper)
    assert owners.last(GiveFeedback)["action"] == "accept"
    owners.judge(ChangeFeedback, Accepted(result=feedback()))
    await http.patch("/api/v1/feedback/3/", json={"properties": {"feedback_type": "FN"}}, headers=mapper)
    changed = owners.last(ChangeFeedback)
    assert (changed["feedback_type"], changed["action"], changed["zoom_level"]) == ("FN", "reject", None)
    for wrong in ({"feedback_type": "XX"}, {"zoom_level": 17}, {"zoom_level": 24}, {"source_imagery": ""}):
        body["properties"] = {**early, **wrong}
        problem(await http.post("/api/v1/feedback/", json=body, headers=mapper), 400)


@pytest.mark.spec("22.6", "POST /approved-prediction/, GET /approved-prediction/, upsert by training and geom")
async def test_approval_is_written_once(http, owners, mapper):
    owners.answer(ListFeedback, rows())
    owners.judge(GiveFeedback, Accepted(result=feedback(), http=201))
    body = {"training": 9, "geom": SQUARE, "config": {"zoom": 19}}
    first = await http.post("/api/v1/approved-prediction/", json=body, headers=mapper)
    assert (first.status_code, first.json()["id"], first.json()["properties"]["training"]) == (200, 3, 9)
    owners.answer(ListFeedback, rows(feedback()))
    owners.judge(ChangeFeedback, Accepted(result=feedback()))
    assert (await http.post("/api/v1/approved-prediction/", json=body, headers=mapper)).status_code == 200
    assert owners.last(ChangeFeedback)["feedback_id"] == 3
    listed = (await http.get("/api/v1/approved-prediction/?training=9", headers=mapper)).json()
    assert listed["results"]["features"][0]["properties"]["training"] == 9
    assert owners.last(ListFeedback)["action"] == "accept"


@pytest.mark.spec("22.6", "POST /feedback-aoi/, GET /feedback-aoi/")
async def test_area_is_marked_for_a_training(http, owners, mapper, problem):
    owners.answer(ListDatasets, rows(dataset()))
    owners.answer(GetTraining, training())
    owners.answer(GetDataset, dataset())
    owners.judge(CreateDataset, Accepted(result=MARKED, http=201))
    owners.judge(CreateAoi, Accepted(result=area(), http=201))
    made = await http.post("/api/v1/feedback-aoi/", json={"geom": SQUARE, "training": 9}, headers=mapper)
    assert (made.status_code, made.json()["id"], made.json()["properties"]["training"]) == (201, 12, 9)
    assert owners.last(CreateDataset)["title"] == "Feedback on training 9"
    assert owners.last(CreateAoi)["dataset"] == 6
    owners.answer(ListDatasets, rows(MARKED))
    owners.answer(ListAois, rows(area()))
    listed = (await http.get("/api/v1/feedback-aoi/?training=9", headers=mapper)).json()
    assert (owners.last(ListAois)["dataset"], listed["results"]["features"][0]["id"]) == (6, 12)
    owners.answer(GetAoi, area())
    assert (await http.get("/api/v1/feedback-aoi/12/")).json()["id"] == 12
    problem(await http.get("/api/v1/feedback-aoi/", headers=mapper), 400)


@pytest.mark.spec("22.2", "POST /label/feedback/osm/fetch/{feedback_aoi_id}/")
@pytest.mark.spec("22.6", "POST /feedback-label/, GET /feedback-label/")
@pytest.mark.spec("22.6", "filter feedback_aoi, filter feedback_aoi__training, filter in_bbox")
async def test_labels_of_marked_areas(http, owners, mapper):
    properties = {"id": 1, "aoi": 12, "osm_id": None, "tags": None, "created_at": NOW}
    label = {"type": "Feature", "id": 1, "geometry": SQUARE, "properties": properties}
    owners.judge(CreateLabel, Accepted(result=label, http=201))
    made = await http.post("/api/v1/feedback-label/", json={"geom": SQUARE, "feedback_aoi": 12}, headers=mapper)
    assert (made.status_code, made.json()["properties"]["feedback_aoi"]) == (201, 12)
    owners.answer(ListDatasets, rows(MARKED))
    owners.answer(ListLabels, rows(label))
    found = (await http.get("/api/v1/feedback-label/?feedback_aoi__training=9", headers=mapper)).json()
    assert found["results"]["features"][0]["properties"]["feedback_aoi"] == 12
    assert owners.last(ListLabels)["dataset"] == 6
    await http.get("/api/v1/feedback-label/?feedback_aoi=12&in_bbox=1,2,3,4", headers=mapper)
    asked = owners.last(ListLabels)
    assert (asked["aoi"], asked["page"]["in_bbox"]) == (12, [1, 2, 3, 4])
    owners.judge(FetchLabels, Accepted(result=area(), http=202))
    assert (await http.post("/api/v1/label/feedback/osm/fetch/12/", headers=mapper)).json() == "Success"


@pytest.mark.spec("22.6", "POST /feedback/training/submit/, limits 20 and 8, labels not downloaded 400, zoom 19 to 21")
@pytest.mark.spec("22.6", "frozen layers, running training 400, unknown training 400")
async def test_training_on_feedback(http, owners, mapper, problem):
    marked = area()
    marked["properties"] |= {"label_status": 1, "label_count": 4}
    owners.answer(GetTraining, training())
    owners.answer(ListTrainings, rows())
    owners.answer(ListDatasets, rows(MARKED))
    owners.answer(ListAois, rows(marked))
    owners.answer(GetDataset, MARKED)
    owners.answer(GetModelCard, card())
    owners.answer(GetLocalModel, model(stac_item_id="hilltop-roofs-v2"))
    owners.answer(GetBaseModel, {"name": "ramp"})
    owners.answer(GetModelSummary, {"facts": {"hyperparameters_spec": [{"key": "freeze_layers"}]}})
    owners.judge(BuildDraft, Accepted(result=MARKED, http=202))
    owners.judge(SubmitTraining, Accepted(result=training(id=10, status="initializing"), http=202))
    body = {"training_id": 9, "epochs": 5, "batch_size": 4, "zoom_level": [20]}
    done = await http.post("/api/v1/feedback/training/submit/", json=body, headers=mapper)
    assert (done.status_code, done.json()["id"]) == (200, 10)
    asked = owners.last(SubmitTraining)
    assert (asked["dataset_stac_id"], asked["when_built"]) == ("feedback-1", True)
    assert (asked["base_model_stac_id"], asked["start_from"]) == ("ramp-v1", "hilltop-roofs-v2")
    assert asked["overrides"] == {"epochs": 5, "batch_size": 4, "freeze_layers": True}
    owners.heard.clear()
    owners.answer(GetLocalModel, model())
    words = problem(await http.post("/api/v1/feedback/training/submit/", json=body, headers=mapper), 400)["detail"]
    assert "no published checkpoint" in words
    assert not {BuildDraft.ce_type(), SubmitTraining.ce_type()} & {kind for kind, _, _ in owners.heard}
    owners.answer(GetLocalModel, model(stac_item_id="hilltop-roofs-v2"))
    for wrong in ({"epochs": 21}, {"batch_size": 9}, {"zoom_level": [18]}, {"zoom_level": [22]}):
        problem(await http.post("/api/v1/feedback/training/submit/", json={**body, **wrong}, headers=mapper), 400)
    owners.answer(
        ListAois, rows({**area(), "properties": {**area()["properties"], "label_status": -1, "label_count": 0}})
    )
    problem(await http.post("/api/v1/feedback/training/submit/", json=body, headers=mapper), 400)
    owners.answer(ListAois, rows(marked))
    owners.answer(ListTrainings, rows(training(id=10, status="running")))
    second = problem(await http.post("/api/v1/feedback/training/submit/", json=body, headers=mapper), 400)
    assert second["error"]["details"] == {"model": ["It is in training."]}
    owners.answer(GetTraining, Refused(kind=Kind.NOT_FOUND, code="training_not_found"))
    unknown = problem(await http.post("/api/v1/feedback/training/submit/", json=body, headers=mapper), 400)
    assert list(unknown["error"]["details"]) == ["training_id"]

"""Which command a write becomes, field by field; what the command does is for the tests of its owner."""

from typing import Any

import pytest

from contracts.base import Command
from contracts.catalog.areas import ChangeAoi, ChangeCategory, CreateAoi, CreateCategory, DeleteAoi, DeleteCategory
from contracts.catalog.curation import DescribeModel, EditModelStac, PinDataset, PinModel
from contracts.catalog.datasets import BuildDataset, ChangeDataset, CreateDataset, DeleteDataset
from contracts.catalog.models import PublishLocalModel, SetLocalModelVisibility
from contracts.notify import MarkAllRead, MarkRead
from contracts.prediction import CancelRun as CancelPrediction
from contracts.prediction import ChangePrediction, SetPredictionVisibility, SubmitPrediction
from contracts.prediction.feedback import ChangeFeedback, RemoveFeedback
from contracts.training import CancelRun, SubmitTraining
from contracts.verdict import Accepted
from gateway.apis.fair.data.aois import EXAMPLE as AOI
from gateway.apis.fair.data.datasets import EXAMPLE as DATASET
from gateway.apis.fair.runs.predictions import EXAMPLE as PREDICTION
from gateway.apis.fair.runs.trainings import EXAMPLE as TRAINING

IMAGERY = "https://img.example/t/{z}/{x}/{y}.png"
DRAFT = {"title": "Roofs", "source_imagery": IMAGERY, "category": "trees"}
CLASSES = [{"name": "building", "classes": ["*"], "colour": "red"}]
PREVIEW = {"center": [85.5, 27.6], "zoom": {"recommended": 19}, "imagery": {"url": IMAGERY, "type": "xyz"}}
CANCELLED = {"run_id": "r-1", "status": "stopping", "graceful": False}
FEATURE = {"type": "Feature", "geometry": AOI["geometry"], "properties": {"stac_id": "m", "action": "reject"}}
Write = tuple[str, Any, type[Command], dict[str, Any]]
WRITES: list[Write] = [
    ("POST datasets/ 201", DRAFT, CreateDataset, DRAFT),
    ("PUT datasets/5/", DRAFT, ChangeDataset, {"dataset_id": 5, **DRAFT}),
    ("PATCH datasets/5/", {"title": "x", "status": "built"}, ChangeDataset, {"dataset_id": 5, "title": "x"}),
    ("DELETE datasets/5/ 204", None, DeleteDataset, {"dataset_id": 5}),
    ("POST datasets/5/publish/", None, ChangeDataset, {"dataset_id": 5, "visibility": "public"}),
    ("POST datasets/5/unpublish/", None, ChangeDataset, {"dataset_id": 5, "visibility": "private"}),
    ("PATCH datasets/5/pin/", {}, PinDataset, {"dataset_id": 5, "is_pinned": True}),
    ("POST datasets/build/ 202", DATASET | {"label_classes": CLASSES}, BuildDataset,
     {**DATASET, "label_classes": CLASSES, "label_type": "vector"}),
    ("POST aois/ 201", AOI, CreateAoi, {"geometry": AOI["geometry"]}),
    ("PUT aois/3/", AOI | {"properties": {"dataset": 5}}, ChangeAoi, {"aoi_id": 3, "dataset": 5}),
    ("PATCH aois/3/", {"properties": {"dataset": 5}}, ChangeAoi, {"aoi_id": 3, "dataset": 5, "geometry": None}),
    ("DELETE aois/3/ 204", None, DeleteAoi, {"aoi_id": 3}),
    ("POST categories/ 201", {"slug": "wells", "label": "Wells"}, CreateCategory, {"slug": "wells", "label": "Wells"}),
    ("PUT categories/wells/", {"label": "W"}, ChangeCategory, {"slug": "wells", "label": "W", "description": ""}),
    ("PATCH categories/wells/", {"description": "dug"}, ChangeCategory, {"slug": "wells", "description": "dug"}),
    ("DELETE categories/wells/ 204", None, DeleteCategory, {"slug": "wells"}),
    ("PATCH base-models/4/pin/", {"pinned_location": {"type": "Point", "coordinates": [1, 2]}}, PinModel,
     {"registry": "base", "model_id": 4, "is_pinned": True, "pinned_location": [1, 2]}),
    ("PATCH base-models/4/metadata/", {"fair_preview": PREVIEW}, DescribeModel, {"registry": "base", "model_id": 4}),
    ("PATCH base-models/4/stac/", {"properties": {"a": 1}}, EditModelStac,
     {"registry": "base", "properties": {"a": 1}}),
    ("POST local-models/4/publish/", None, SetLocalModelVisibility, {"model_id": 4, "visibility": "public"}),
    ("POST local-models/4/unpublish/", None, SetLocalModelVisibility, {"model_id": 4, "visibility": "private"}),
    ("PATCH local-models/4/pin/", {"is_pinned": False}, PinModel, {"registry": "local", "is_pinned": False}),
    ("PATCH local-models/4/metadata/", {"title": "x"}, DescribeModel, {"registry": "local", "title": "x"}),
    ("PATCH local-models/4/stac/", {"properties": {"a": 1}}, EditModelStac,
     {"registry": "local", "model_id": 4, "properties": {"a": 1}}),
    ("POST trainings/submit/ 202", TRAINING, SubmitTraining,
     {**TRAINING, "title": "", "keywords": [], "description": ""}),
    ("POST trainings/runs/r-1/cancel/", None, CancelRun, {"run_id": "r-1", "graceful": False}),
    ("POST trainings/9/publish/ 201", {"title": "t", "description": "d"}, PublishLocalModel,
     {"training_id": 9, "title": "t", "description": "d"}),
    ("POST predictions/submit/ 202", PREDICTION, SubmitPrediction,
     {**PREDICTION, "params": {}, "remove_osm": False, "description": ""}),
    ("PATCH predictions/31/", {"mapswipe_id": "77"}, ChangePrediction,
     {"prediction_id": 31, "mapswipe_project_id": "77", "description": None}),
    ("POST predictions/31/publish/", None, SetPredictionVisibility, {"prediction_id": 31, "visibility": "public"}),
    ("POST predictions/31/unpublish/", None, SetPredictionVisibility, {"prediction_id": 31, "visibility": "private"}),
    ("POST predictions/runs/r-1/cancel/?graceful=true", None, CancelPrediction, {"run_id": "r-1", "graceful": True}),
    ("PUT feedback/4/", FEATURE, ChangeFeedback,
     {"feedback_id": 4, "stac_id": "m", "action": "reject", "comments": "", "geometry": AOI["geometry"]}),
    ("DELETE feedback/4/ 204", None, RemoveFeedback, {"feedback_id": 4}),
    ("POST notifications/me/3/mark-read/", None, MarkRead, {"notification_id": 3}),
    ("POST notifications/me/mark-all-read/", None, MarkAllRead, {}),
]  # fmt: skip


@pytest.mark.spec("3.3", "POST /datasets/, PUT /datasets/{id}/, PATCH /datasets/{id}/, DELETE /datasets/{id}/")
@pytest.mark.spec("3.3", "POST /datasets/{id}/publish/, POST /datasets/{id}/unpublish/, POST /datasets/build/")
@pytest.mark.spec("3.3", "label_type, label_classes, further keys of classes are kept")
@pytest.mark.spec("4", "POST /aois/, PUT /aois/{id}/, PATCH /aois/{id}/, DELETE /aois/{id}/")
@pytest.mark.spec("6.1", "POST /categories/, PUT /categories/{slug}/, PATCH /categories/{slug}/")
@pytest.mark.spec("6.1", "DELETE /categories/{slug}/")
@pytest.mark.spec(
    "6.2", "PATCH /base-models/{id}/pin/, PATCH /base-models/{id}/metadata/, PATCH /base-models/{id}/stac/"
)
@pytest.mark.spec("6.3", "POST /local-models/{id}/publish/, POST /local-models/{id}/unpublish/")
@pytest.mark.spec("6.3", "PATCH /local-models/{id}/pin/, PATCH /local-models/{id}/metadata/")
@pytest.mark.spec("6.3", "PATCH /local-models/{id}/stac/")
@pytest.mark.spec("7.3", "POST /trainings/submit/")
@pytest.mark.spec("7.6", "POST /trainings/runs/{run_id}/cancel/")
@pytest.mark.spec("7.7", "POST /trainings/{id}/publish/, title, description")
@pytest.mark.spec("8.2", "POST /predictions/runs/{run_id}/cancel/")
@pytest.mark.spec("8.3", "POST /predictions/submit/")
@pytest.mark.spec("8.5", "POST /predictions/{id}/publish/, POST /predictions/{id}/unpublish/")
@pytest.mark.spec("9", "PUT /feedback/{id}/, DELETE /feedback/{id}/")
@pytest.mark.spec("11.1", "POST /notifications/me/{id}/mark-read/, POST /notifications/me/mark-all-read/")
@pytest.mark.spec("23", "PATCH predictions/{id}/ with mapswipe_id")
@pytest.mark.parametrize(("route", "body", "command", "fields"), WRITES, ids=[route for route, *_ in WRITES])
async def test_write_becomes_its_command(http, owners, chief, route, body, command, fields):
    method, path, status = (*route.split(), "200")[:3]
    said = CANCELLED if "/cancel/" in path else {"told": "back"}
    owners.judge(command, Accepted(result=said, http=int(status)))
    answer = await http.request(method, f"/api/v1/{path}", json=body, headers=chief)
    assert answer.status_code == int(status)
    assert status == "204" or answer.json() == said, "what the owner says is the answer"
    told = owners.last(command)
    assert {name: told[name] for name in fields} == fields

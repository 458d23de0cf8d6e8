"""`/workspace/`: files of then, where they lie today."""

import pytest
from early import NOW, dataset, model, training

from contracts.catalog.datasets import GetDataset
from contracts.catalog.files import GetWorkspaceUrl, ListWorkspace
from contracts.catalog.models import GetLocalModel
from contracts.training import GetTraining
from contracts.verdict import Kind, Refused

HERE = "dev/predict/31/output/"


def level(*files: str, folders: tuple[str, ...] = ()) -> dict:
    return {
        "files": [{"key": key, "size": 10, "last_modified": NOW} for key in files],
        "folders": [{"name": path.rstrip("/").rpartition("/")[2], "prefix": path} for path in folders], "next": None,
    }  # fmt: skip


@pytest.mark.spec("22.8", "GET /workspace/{path}/")
@pytest.mark.spec("14", "GET /workspace/{path}/")
async def test_results_of_a_prediction(http, owners, problem):
    owners.answer(ListWorkspace, level(f"{HERE}predictions.geojson", f"{HERE}predictions.pmtiles"))
    body = (await http.get("/api/v1/workspace/prediction_31/")).json()
    assert body == {"file": {"labels.geojson": {"size": 10}, "meta.pmtiles": {"size": 10}}, "dir": {}}
    assert owners.last(ListWorkspace)["prefix"] == HERE
    owners.answer(ListWorkspace, Refused(kind=Kind.NOT_FOUND, code="workspace_not_found"))
    problem(await http.get("/api/v1/workspace/prediction_31/"), 404)


@pytest.mark.spec("22.8", "GET /workspace/download/{path}/, url_only, file not found 404")
@pytest.mark.spec("14", "GET /workspace/download/{path}/")
async def test_download_in_both_forms(http, owners, problem):
    owners.answer(ListWorkspace, level(f"{HERE}predictions.pmtiles"))
    owners.answer(GetWorkspaceUrl, {"url": "https://s3.example/signed", "expires_in": 900})
    path = "/api/v1/workspace/download/prediction_31/meta.pmtiles/"
    assert (await http.get(f"{path}?url_only=true")).json() == {"result": "https://s3.example/signed"}
    sent = await http.get(path)
    assert (sent.status_code, sent.headers["location"]) == (302, "https://s3.example/signed")
    assert owners.last(GetWorkspaceUrl)["key"] == f"{HERE}predictions.pmtiles"
    missing = await http.get("/api/v1/workspace/download/prediction_31/labels.geojson")
    assert problem(missing, 404)["detail"] == "File not found in S3"


async def test_folders_are_counted(http, owners, mapper):
    owners.answer(ListWorkspace, level("dev/datasets/x/a", folders=("dev/datasets/x/chips/",)))
    body = (await http.get("/api/v1/workspace/datasets/x/", headers=mapper)).json()
    assert body == {"file": {"a": {"size": 10}}, "dir": {"chips": {"size": 10, "len": 1}}}


async def test_training_shows_its_labels_and_published_weights(http, owners):
    owners.answer(GetTraining, training())
    owners.answer(GetDataset, dataset())
    owners.answer(GetLocalModel, model(stac_item_id="item-7", published_training=9))
    owners.answer(ListWorkspace, level("dev/x/labels.geojson"))
    files = (await http.get("/api/v1/workspace/training_9/")).json()["file"]
    assert set(files) == {"labels.geojson", "checkpoint.geojson"}

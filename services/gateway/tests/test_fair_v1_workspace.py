"""`/workspace/`: files of then, where they lie today."""

from base64 import b64encode

import pytest
from v1_rows import NOW, dataset, model, training

from contracts.catalog.datasets import GetDataset
from contracts.catalog.files import GetWorkspaceUrl, ListWorkspace, ReadFeatures
from contracts.catalog.models import GetLocalModel
from contracts.catalog.osm import DescribeAsOsm
from contracts.prediction import GetResult
from contracts.training import GetChart, GetTraining
from contracts.verdict import Kind, Refused
from gateway.apis.fair_v1.settings import v1_settings

HERE = "dev/predict/31/output/"
LASTING = "https://fair.example/api/v1/predictions/31/results/predictions.geojson?token=t1"


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
    owners.answer(GetResult, {"geojson": LASTING, "fgb": "", "pmtiles": None})
    path = "/api/v1/workspace/download/prediction_31/meta.pmtiles/"
    lasting = LASTING.replace("geojson", "pmtiles")
    assert (await http.get(f"{path}?url_only=true")).json() == {"result": lasting}
    sent = await http.get(path)
    assert (sent.status_code, sent.headers["location"]) == (302, "https://s3.example/signed")
    assert owners.last(GetWorkspaceUrl)["key"] == f"{HERE}predictions.pmtiles"
    missing = await http.get("/api/v1/workspace/download/prediction_31/labels.geojson")
    assert problem(missing, 404)["detail"] == "File not found in S3"


async def test_address_of_a_public_result_has_no_token(http, owners, problem):
    owners.answer(ListWorkspace, level(f"{HERE}predictions_points.geojson"))
    owners.answer(GetResult, {"geojson": LASTING.partition("?")[0], "fgb": "", "pmtiles": None})
    path = "/api/v1/workspace/download/prediction/31/labels_points.geojson?url_only=true"
    told = (await http.get(path)).json()["result"]
    assert told == "https://fair.example/api/v1/predictions/31/results/predictions_points.geojson"
    owners.answer(GetResult, Refused(kind=Kind.CONFLICT, code="results_not_ready"))
    problem(await http.get(path), 404)


async def test_other_files_have_addresses_that_work_for_a_while(http, owners, mapper):
    owners.answer(ListWorkspace, level("dev/datasets/x/a"))
    owners.answer(GetWorkspaceUrl, {"url": "https://s3.example/signed", "expires_in": 900})
    path = "/api/v1/workspace/download/datasets/x/a?url_only=true"
    assert (await http.get(path, headers=mapper)).json() == {"result": "https://s3.example/signed"}


async def test_folders_are_counted(http, owners, mapper):
    owners.answer(ListWorkspace, level("dev/datasets/x/a", folders=("dev/datasets/x/chips/",)))
    body = (await http.get("/api/v1/workspace/datasets/x/", headers=mapper)).json()
    assert body == {"file": {"a": {"size": 10}}, "dir": {"chips": {"size": 10, "len": 1}}}


async def test_training_shows_its_labels_and_published_weights(http, owners):
    owners.answer(GetTraining, training())
    owners.answer(GetDataset, dataset())
    owners.answer(GetLocalModel, model(stac_item_id="item-7", published_training=9))
    owners.answer(GetChart, "")
    owners.answer(ListWorkspace, of_training)
    shown = (await http.get("/api/v1/workspace/training_9/")).json()
    assert set(shown["file"]) == {"labels.geojson", "aois.geojson", "preprocessed.zip", "checkpoint.onnx"}
    assert shown["dir"] == {}


def of_training(asked: dict) -> dict:
    names = {"labels": ("labels.geojson", "aois.geojson"), "download": ("hilltop.zip",), "model": ("model.onnx",)}
    return level(*(asked["prefix"] + name for name in names.get(asked["prefix"].split("/")[-2], ())))


async def test_graph_of_a_training_is_drawn(http, owners, problem):
    owners.answer(GetTraining, training())
    owners.answer(GetDataset, dataset())
    owners.answer(GetLocalModel, model())
    owners.answer(ListWorkspace, of_training)
    owners.answer(GetChart, b64encode(b"a picture").decode())
    folder = {"training_accuracy.png": {"size": 9}}
    assert (await http.get("/api/v1/workspace/training_9/")).json()["dir"] == {"graphs": {"size": 9, "len": 1}}
    assert (await http.get("/api/v1/workspace/training_9/graphs/")).json() == {"file": folder, "dir": {}}
    path = "/api/v1/workspace/download/training_9/graphs/training_accuracy.png"
    picture = await http.get(path)
    assert (picture.status_code, picture.headers["content-type"], picture.content) == (200, "image/png", b"a picture")
    told = (await http.get(f"{path}/?url_only=true")).json()["result"]
    assert told == "https://fair.example/api/v1/workspace/download/training_9/graphs/training_accuracy.png"
    owners.answer(GetChart, "")
    for missing in (path, "/api/v1/workspace/training_9/graphs/", "/api/v1/workspace/training_9/logs/"):
        problem(await http.get(missing), 404)


async def test_files_of_a_bucket_without_folders(http, owners, running, monkeypatch):
    monkeypatch.setattr(running.context.settings, "folder", "")
    owners.answer(ListWorkspace, level("predict/31/output/predictions_points.geojson"))
    body = (await http.get("/api/v1/workspace/prediction_31/")).json()
    assert set(body["file"]) == {"labels_points.geojson"}
    assert owners.last(ListWorkspace)["prefix"] == "predict/31/output/"


def feature(number: int) -> dict:
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}, "properties": {"n": number}}


@pytest.mark.spec("22.8", "GET /workspace/stream/{path}.fgb")
async def test_features_are_streamed_by_their_box(http, owners, problem, monkeypatch):
    def read(asked: dict) -> dict:
        start = asked["skip"]
        return {"features": [feature(start), feature(start + 1)], "next": start + 2 if start < 4 else None}

    owners.answer(ListWorkspace, level(f"{HERE}predictions.fgb"))
    owners.answer(ReadFeatures, read)
    path, box = "/api/v1/workspace/stream/prediction_31/labels.fgb", "85.51,27.62,85.52,27.63"
    body = (await http.get(path, params={"bbox": box})).json()
    assert body["type"] == "FeatureCollection"
    assert [one["properties"]["n"] for one in body["features"]] == [0, 1, 2, 3, 4, 5]
    assert owners.last(ReadFeatures) | {"skip": 0} == {
        "key": f"{HERE}predictions.fgb", "box": [85.51, 27.62, 85.52, 27.63], "skip": 0, "limit": 5000,
    }  # fmt: skip
    monkeypatch.setattr(v1_settings(), "fgb_features", 3)
    assert len((await http.get(path, params={"bbox": box})).json()["features"]) == 3
    owners.answer(DescribeAsOsm, "<osm/>")
    as_osm = await http.get(path, params={"bbox": box, "format": "osmxml"})
    assert (as_osm.headers["content-type"].split(";")[0], as_osm.text) == ("application/xml", "<osm/>")
    assert len(owners.last(DescribeAsOsm)["features"]) == 6
    for query in ({}, {"bbox": "1,2"}, {"bbox": "2,1,1,2"}, {"bbox": "170,1,181,2"}, {"bbox": "10,10,15,10.1"},
                  {"bbox": "180,1,-180,2"}, {"bbox": "179,1,-175,1.01"}, {"bbox": "1,1,1,2"}, {"bbox": "1,90,2,91"},
                  {"bbox": "10,10,11,11"}, {"bbox": box, "format": "csv"}):  # fmt: skip
        problem(await http.get(path, params=query), 400)
    problem(await http.get("/api/v1/workspace/stream/prediction_31/labels.geojson", params={"bbox": box}), 400)
    problem(await http.get("/api/v1/workspace/stream/prediction_31/other.fgb", params={"bbox": box}), 404)


@pytest.mark.parametrize(
    "box", ["179.98,-16.71,-179.98,-16.7", "179.98,-16.71,180.02,-16.7", "-180.02,-16.71,-179.98,-16.7"]
)
async def test_features_on_both_sides_of_the_antimeridian_are_streamed(http, owners, box):
    owners.answer(ListWorkspace, level(f"{HERE}predictions.fgb"))
    owners.answer(ReadFeatures, {"features": [feature(1)], "next": None})
    answer = await http.get("/api/v1/workspace/stream/prediction_31/labels.fgb", params={"bbox": box})
    assert [one["properties"] for one in answer.json()["features"]] == [{"n": 1}]
    assert owners.last(ReadFeatures)["box"] == pytest.approx([179.98, -16.71, -179.98, -16.7])


@pytest.mark.parametrize("built_before", [False, True])
async def test_map_of_a_training_is_that_of_its_dataset(http, owners, problem, built_before):
    """Of datasets that were built before there was one, there is an end of the wait."""
    files = ["labels.geojson", *([] if built_before else ["meta.pmtiles"])]
    owners.answer(GetTraining, training())
    owners.answer(GetDataset, dataset())
    owners.answer(GetLocalModel, model())
    owners.answer(ListWorkspace, lambda asked: level(*(asked["prefix"] + name for name in files)))
    owners.answer(GetWorkspaceUrl, {"url": "https://s3.example/signed", "expires_in": 900})
    told = await http.get("/api/v1/workspace/download/training_9/meta.pmtiles/", params={"url_only": True})
    if built_before:
        assert problem(told, 404)["detail"] == "File not found in S3"
    else:
        assert told.json() == {"result": "https://s3.example/signed"}
        key = owners.last(GetWorkspaceUrl)["key"]
        assert (key.startswith("dev/datasets/"), key.endswith("/labels/meta.pmtiles")) == (True, True)

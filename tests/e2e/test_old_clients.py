"""What the frontends of both generations call, in their words, against the real platform: what they send is taken and
what they read is there (fair-rest 23)."""

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from rich.console import Console

from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from stack.demo.stages import Stages
from tests.e2e.conftest import Platform

pytestmark = [pytest.mark.live, pytest.mark.timeout(1200)]
MODEL = "rooftop_light"
FAMILY = "RAMP"
"""What a client of 2025 takes that model for: it gives outlines of buildings from a mask."""
LIMIT = 600.0
PERSON = random.randrange(10**6, 10**9)
"""Somebody new in each run: the platform keeps its data."""
Row = dict[str, Any]


class Patient(httpx.Client):
    """Comes back where it is told to: on a machine that does many things at once, an owner may be late."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        for _ in range(5):
            response = super().send(request, **options)
            if response.status_code != 503:
                break
            time.sleep(float(response.headers["retry-after"]))
        return response


@pytest.fixture(scope="module")
def http(platform: Platform) -> Iterator[httpx.Client]:
    """A mapper's browser."""
    headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": f"{PERSON}:old-hand"}
    with Patient(base_url=platform.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def helper(platform: Platform) -> Iterator[httpx.Client]:
    """Somebody else who is logged in."""
    headers = {"Authorization": f"Bearer {platform.token}", "X-Dev-User": f"{PERSON + 1}:helper"}
    with Patient(base_url=platform.url, headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def stranger(platform: Platform) -> Iterator[httpx.Client]:
    with Patient(base_url=platform.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def place(platform: Platform):
    return read_demo_area(platform.data)


@pytest.fixture(scope="module")
def base(platform: Platform, place) -> Iterator[Any]:
    """The light base model, registered by the administrator."""
    console = Console(quiet=True)
    with platform.client() as fairway:
        yield Job(fairway, platform.home, place, Stages(console), console, MODEL, {}).register()


@pytest.fixture(scope="module")
def tiles(platform: Platform) -> str:
    return f"http://127.0.0.1:{platform.home.port('sandbox-tiles')}/%s/{{z}}/{{x}}/{{y}}.jpg"


def done(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, (response.request.url, response.text)
    return response.json() if response.content else None


def until(look: Any, right: Any, what: str) -> Any:
    """What `look` gave when it was right; it is asked twice a second."""
    end = time.monotonic() + LIMIT
    while not right(seen := look()):
        assert time.monotonic() < end, (what, seen)
        time.sleep(0.5)
    return seen


def finished(http: httpx.Client, path: str) -> Row:
    row = until(lambda: done(http.get(path)), lambda row: row["status"] in ("FINISHED", "FAILED"), path)
    assert row["status"] == "FINISHED", done(http.get(f"/task/status/{row['task_id']}/"))
    return row


@pytest.fixture(scope="module")
def dataset(http: httpx.Client, tiles: str, place) -> Row:
    row = done(http.post("/dataset/", json={"name": "Village of then", "source_imagery": tiles % "train"}), 201)
    for area in place.train_areas():
        [ring] = area["coordinates"]
        drawn = f"SRID=4326;POLYGON (({', '.join(f'{x} {y}' for x, y in ring)}))"
        aoi = done(http.post("/aoi/", json={"geom": drawn, "dataset": row["id"]}), 201)
        assert aoi["geometry"] == json.loads(json.dumps(area))
        assert aoi["properties"]["label_status"] == -1
        done(http.post(f"/label/osm/fetch/{aoi['id']}/"), 202)
    return row


@pytest.fixture(scope="module")
def labelled(http: httpx.Client, dataset: Row) -> list[Row]:
    """The areas, once their labels are there."""

    def look() -> list[Row]:
        return done(http.get("/aoi/", params={"dataset": dataset["id"]}))["results"]["features"]

    return until(look, lambda found: all(one["properties"]["label_status"] == 1 for one in found), "labels")


@pytest.fixture(scope="module")
def model(http: httpx.Client, base: Any, dataset: Row) -> Row:
    body = {"name": "Roofs of then", "dataset": dataset["id"], "description": "d", "base_model": base.name}
    return done(http.post("/model/", json=body), 201)


@pytest.fixture(scope="module")
def training(http: httpx.Client, model: Row, labelled: list[Row], place) -> Row:
    body = {"model": model["id"], "epochs": 2, "batch_size": 512, "zoom_level": [place.zoom], "description": "first"}
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: http.post("/training/", json=body), range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 400, 400]
    row = next(answer.json() for answer in answers if answer.status_code == 201)
    assert (row["status"], row["finished_at"]) == ("SUBMITTED", None)
    assert http.post("/training/", json=body).status_code == 400
    assert done(http.get(f"/training/status/{row['task_id']}/"))["status"] in ("PENDING", "STARTED")
    return finished(http, f"/training/{row['id']}/")


@pytest.fixture(scope="module")
def published(http: httpx.Client, training: Row) -> Row:
    assert done(http.post(f"/training/publish/{training['id']}/"), 201) == "Training Published"
    return done(http.get(f"/model/{training['model']['id']}/"))


@pytest.fixture(scope="module")
def prediction(http: httpx.Client, published: Row, tiles: str, place) -> Row:
    config = {
        "checkpoint": f"/data/trainings/training_{published['published_training']}/checkpoint.onnx",
        "zoom_level": place.zoom, "source": tiles % "predict", "model_id": published["id"],
    }  # fmt: skip
    body = {"bbox": place.predict_box(), "description": "of then", "config": config}
    row = done(http.post("/prediction/", json=body), 201)
    finished(http, f"/prediction/{row['id']}/")

    def look() -> Row:
        return done(http.get(f"/predictions/{row['id']}"))

    return until(look, lambda seen: seen["results_ready"], "results")


@pytest.mark.spec("22.3", "label_fetched")
@pytest.mark.spec("23", "dataset/, aoi/, label/, aoi/gpx/{id}, in__bbox with a slash")
def test_v1_data(http: httpx.Client, stranger: httpx.Client, dataset: Row, labelled: list[Row]):
    listed = done(http.get("/dataset/", params={"search": "village of", "ordering": "-created_at", "user": PERSON}))
    assert listed["results"][0].keys() >= {"id", "name", "source_imagery", "status", "user", "models_count", "offset"}
    for aoi in labelled:
        assert aoi["properties"]["label_fetched"]
        labels = done(http.get("/label/", params={"aoi": aoi["id"]}))
        assert len(labels["features"]) > 5
        assert labels["features"][0]["properties"]["aoi"] == aoi["id"]
        assert "<gpx" in http.get(f"/aoi/gpx/{aoi['id']}").text
    box = {"aoi": labelled[0]["id"], "in__bbox": ",".join(map(str, labelled[0]["bbox"])) + "/"}
    assert done(http.get("/label/", params=box))["features"]
    assert stranger.post("/dataset/", json={}).status_code == 403
    assert stranger.get(f"/dataset/{dataset['id']}/").status_code == 404


@pytest.mark.spec("22.3", "any login may PATCH offset, any login may POST AOIs")
@pytest.mark.spec("1.4", "GEOMETRY_VALIDATION_ERROR")
def test_v1_helping_with_a_public_dataset(http: httpx.Client, helper: httpx.Client, tiles: str, place):
    body = {"name": "Common village", "source_imagery": tiles % "train", "status": 0}
    dataset = done(http.post("/dataset/", json=body), 201)
    moved = done(helper.patch(f"/dataset/{dataset['id']}/", json={"offset": [1.5, -2]}))
    assert (moved["offset"], moved["name"]) == ([1.5, -2], "Common village")
    assert helper.patch(f"/dataset/{dataset['id']}/", json={"name": "Mine"}).status_code == 403
    area = {"geom": json.dumps(place.train_areas()[0]), "dataset": dataset["id"]}
    drawn, own = done(helper.post("/aoi/", json=area), 201), done(http.post("/aoi/", json=area), 201)
    assert helper.delete(f"/aoi/{own['id']}/").status_code == 403
    assert http.delete(f"/aoi/{drawn['id']}/").status_code == 204
    open_ring = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 2]]]}
    refused = done(http.post("/aoi/", json=area | {"geom": open_ring}), 400)["error"]
    assert (refused["code"], refused["details"]["geometry_type"]) == ("GEOMETRY_VALIDATION_ERROR", "Polygon")


@pytest.mark.spec("22.3", "PUT /model/{id}/, DELETE /model/{id}/")
def test_v1_model_is_replaced_and_deleted(http: httpx.Client, base: Any, dataset: Row, published: Row):
    body = {"name": "Sketch", "dataset": dataset["id"], "base_model": base.name, "description": "d"}
    path = f"/model/{done(http.post('/model/', json=body), 201)['id']}/"
    put = done(http.put(path, json={"name": "Better sketch", "dataset": dataset["id"], "base_model": FAMILY}))
    assert (put["name"], put["description"], put["base_model"]) == ("Better sketch", "", FAMILY)
    assert http.delete(path).status_code == 204
    until(lambda: http.get(path).status_code, lambda status: status == 404, "the model is gone")
    assert http.delete(f"/model/{published['id']}/").status_code == 409


@pytest.mark.spec("22.3", "model search")
@pytest.mark.spec("22.4", "GET /training/{id}/")
@pytest.mark.spec("23", "model/, training/, task/status/")
def test_v1_training(http: httpx.Client, model: Row, training: Row, published: Row, place):
    assert model["status"] == -1
    nested = model["dataset"]
    assert (nested["name"], nested["offset"]) == ("Village of then", [0.0, 0.0])
    assert nested == published["dataset"]
    assert "{z}" in nested["source_imagery"]
    assert training["model"] == {"id": model["id"], "name": "Roofs of then", "base_model": FAMILY}
    assert training["accuracy"] > 50
    assert (training["epochs"], training["batch_size"], training["zoom_level"]) == (2, 512, [place.zoom])
    assert training["chips_length"] > 0
    assert training["started_at"] <= training["finished_at"]
    assert done(http.get(f"/task/status/{training['task_id']}"))["status"] == "SUCCESS"
    assert (published["status"], published["published_training"]) == (0, training["id"])
    assert published["accuracy"] == training["accuracy"]
    assert httpx.get(published["thumbnail_url"], timeout=10).status_code in (200, 404)
    assert http.post(f"/training/terminate/{training['id']}/").status_code == 400
    of_model = done(http.get("/training/", params={"model": model["id"]}))
    assert [row["id"] for row in of_model["results"]] == [training["id"]]
    mine = done(http.get("/model/", params={"status": 0, "user": PERSON, "search": "then"}))
    assert [row["id"] for row in mine["results"]] == [model["id"]]
    by_number = done(http.get("/training/", params={"search": training["id"], "ordering": "-accuracy"}))
    assert training["id"] in [row["id"] for row in by_number["results"]]
    alone = done(http.get(f"/training/{training['id']}/"))
    assert alone.keys() >= {"feedback_count", "approved_predictions_count"}


@pytest.mark.spec("23", "prediction/{id}/, predictions/centroid/, prediction centroids, prediction/terminate/")
def test_v1_prediction(http: httpx.Client, stranger: httpx.Client, prediction: Row):
    path = f"/prediction/{prediction['id']}/"
    assert stranger.get(path).status_code == 404
    assert done(http.patch(path, json={"published": True}))["published"] is True
    assert done(stranger.get(path))["config"]["checkpoint"] == prediction["local_model_stac_id"]
    points = done(stranger.get("/predictions/centroid/"))["features"]
    assert prediction["id"] in [point["properties"]["id"] for point in points]
    assert http.post(f"/prediction/terminate/{prediction['id']}/").status_code == 400
    assert done(http.get("/prediction/", params={"published": True, "status": "FINISHED"}))["count"] >= 1


@pytest.mark.spec("22.7", "POST /mapswipe-project/, GET /mapswipe-project/{project_id}/")
def test_v1_mapswipe(http: httpx.Client, stranger: httpx.Client, prediction: Row):
    """As the frontend does it: make a project of the file of features, then note its number."""
    features = f"{http.base_url}workspace/download/prediction_{prediction['id']}/labels.geojson"
    form = {
        "topic": "validate roofs", "region": f"Hilltop {PERSON}", "description": "Found by a model.",
        "instruction": "Is it a roof?", "look_for": "buildings", "geojson_url": features,
        "tms_url": prediction["image_uri"],
    }  # fmt: skip
    made = done(http.post("/mapswipe-project/", json=form, timeout=60), 201)["data"]
    assert (made["prediction_id"], made["status"]) == (prediction["id"], "READY_TO_PROCESS")
    noted = done(http.patch(f"/prediction/{prediction['id']}/", json={"mapswipe_id": made["project_id"]}))
    assert noted["mapswipe_id"] == made["project_id"]
    shown = done(http.get(f"/mapswipe-project/{made['project_id']}/"))["data"]
    assert (shown["topic"], shown["status"]) == ("validate roofs", "PROCESSED")
    assert shown.keys() >= {"name", "webUrl", "progress"}
    assert stranger.get("/mapswipe-project/no-such/").json()["code"] == "NOT_FOUND"


@pytest.mark.spec("23", "workspace/download/prediction_{id}/, workspace/training_{id}/")
def test_v1_files(http: httpx.Client, prediction: Row, training: Row, published: Row):
    folder = f"/workspace/prediction_{prediction['id']}"
    assert set(done(http.get(f"{folder}/"))["file"]) >= {"labels.geojson", "meta.pmtiles"}
    for name in ("labels.geojson", "labels_points.geojson", "meta.pmtiles"):
        url = done(http.get(f"/workspace/download/prediction_{prediction['id']}/{name}/", params={"url_only": True}))
        assert httpx.get(url["result"], timeout=10, follow_redirects=True).status_code == 200
    assert http.get(f"/workspace/download/prediction_{prediction['id']}/nothing").status_code == 404
    files = done(http.get(f"/workspace/training_{training['id']}/"))["file"]
    assert {"labels.geojson", "aois.geojson", "preprocessed.zip", "meta.pmtiles"} <= set(files)
    drawn = f"/workspace/download/training_{training['id']}/meta.pmtiles/"
    url = done(http.get(drawn, params={"url_only": True}))["result"]
    assert httpx.get(url, timeout=10).content[:7] == b"PMTiles"
    assert any(name.startswith("checkpoint.") for name in files)
    graph = http.get(f"/workspace/download/training_{training['id']}/graphs/training_accuracy.png")
    assert (graph.status_code, graph.content[:4]) == (200, b"\x89PNG")


@pytest.mark.spec("22.8", "GET /workspace/stream/{path}.fgb")
def test_v1_stream(http: httpx.Client, prediction: Row, place):
    path, box = f"/workspace/stream/prediction_{prediction['id']}/labels.fgb", place.predict_box()
    query = {"bbox": ",".join(map(str, box))}
    whole = httpx.get(prediction["assets"]["geojson"], timeout=10, follow_redirects=True).json()["features"]
    assert len(done(http.get(path, params=query))["features"]) == len(whole)
    assert "<osm" in http.get(path, params=query | {"format": "osmxml"}).text
    west, south, east, north = box
    nowhere = {"bbox": f"{west - 2},{south},{west - 1.9},{north}"}
    assert done(http.get(path, params=nowhere))["features"] == []
    assert http.get(path, params={"bbox": f"{west},{south},{east + 6},{north}"}).status_code == 400


@pytest.mark.spec("23", "feedback/, feedback/?training=")
def test_v1_feedback(http: httpx.Client, training: Row, prediction: Row, labelled: list[Row], place):
    ring = [[85.0, 27.0], [85.001, 27.0], [85.001, 27.001], [85.0, 27.0]]
    properties = {"action": "REJECT", "training": training["id"], "comments": "a lorry", "config": {"zoom": 19}}
    body = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": properties}
    given = done(http.post("/feedback/", json=body), 201)
    found = done(http.get("/feedback/", params={"training": training["id"]}))["results"]["features"]
    assert [one["properties"]["comments"] for one in found] == ["a lorry"]
    assert given["id"] == given["properties"]["id"]
    assert http.delete(f"/feedback/{given['properties']['id']}/").status_code == 204
    text = f"SRID=4326;POLYGON (({', '.join(f'{x} {y}' for x, y in ring)}))"
    bare = {"geom": text, "training": training["id"], "config": {"zoom_level": 20}, "comments": "a shed"}
    old = [done(http.post("/feedback/", json=bare | said), 201) for said in (
        {"action": "ACCEPT"}, {"feedback_type": "FP", "zoom_level": 20, "source_imagery": prediction["image_uri"]},
    )]  # fmt: skip
    assert [one["properties"]["action"] for one in old] == ["accept", "reject"]
    assert all(one["geometry"] == body["geometry"] for one in old)
    alone = done(http.post("/feedback/", json=body | {"properties": {"action": "REJECT"}}), 201)
    assert http.delete(f"/feedback/{alone['id']}/").status_code == 204
    approved = {"training": training["id"], "geom": text}
    first, second = (done(http.post("/approved-prediction/", json=approved)) for _ in range(2))
    assert first["id"] == second["id"]


@pytest.mark.spec("22.6", "POST /feedback/training/submit/")
def test_v1_feedback_training(platform: Platform, http: httpx.Client, training: Row, published: Row, place):
    """It ends well from the published checkpoint, whose first layers it leaves as they are."""
    area = {"geom": place.train_areas()[1], "training": training["id"]}
    marked = done(http.post("/feedback-aoi/", json=area), 201)
    order = {"training_id": training["id"], "epochs": 1, "batch_size": 8, "zoom_level": [19]}
    assert http.post("/feedback/training/submit/", json=order).status_code == 400
    west, south = marked["bbox"][:2]
    ring = [[west, south], [west + 1e-4, south], [west + 1e-4, south + 1e-4], [west, south]]
    label = {"geom": {"type": "Polygon", "coordinates": [ring]}, "feedback_aoi": marked["id"],
             "tags": {"building": "yes"}}  # fmt: skip
    assert done(http.post("/feedback-label/", json=label), 201)["properties"]["feedback_aoi"] == marked["id"]
    row = done(http.post("/feedback/training/submit/", json=order))
    assert (row["model"], row["status"], row["freeze_layers"]) == (training["model"], "SUBMITTED", True)
    assert row["model"]["base_model"] == FAMILY
    finished(http, f"/training/{row['id']}/")
    with psycopg.connect(platform.env["DATABASE_URL_TRAINING"]) as connection:
        sql = "select plan->'parameters'->>'base_model_weights' from trainings where id = %s"
        (weights,) = connection.execute(sql, [row["id"]]).fetchone() or ("",)
    assert f"/local-models/{published_item(http, published)}/checkpoint/" in weights


def published_item(http: httpx.Client, published: Row) -> str:
    return done(http.get(f"/local-models/{published['id']}/"))["stac_item_id"]


@pytest.mark.spec("23", "models/centroid, datasets/centroid/, geojson2osm/")
def test_v1_places(http: httpx.Client, stranger: httpx.Client, published: Row, dataset: Row):
    assert published["id"] in [one["properties"]["mid"] for one in done(stranger.get("/models/centroid"))["features"]]
    assert done(http.get("/datasets/centroid/"))["features"]
    assert done(http.get("/users/", params={"id": PERSON}))["results"][0]["username"] == "old-hand"
    xml = http.post("/geojson2osm/", json={"geojson": done(http.get("/label/", params={"in_bbox": "0,0,1,1"}))})
    assert xml.status_code == 200
    assert "<osm" in xml.text


@pytest.mark.spec("22.5", "synchronous 201")
def test_v1_prediction_at_once(http: httpx.Client, published: Row, tiles: str, place):
    west, south, _, _ = place.predict_box()
    body = {"bbox": [west, south, west + 4e-4, south + 4e-4], "model_id": published["id"], "zoom_level": place.zoom,
            "source": tiles % "predict", "confidence": 40}  # fmt: skip
    answer = http.post("/prediction/", json=body)
    assert answer.status_code in (201, 204), answer.text
    assert all(f["properties"]["building"] == "yes" for f in (answer.json()["features"] if answer.content else []))


@pytest.mark.spec("22.5", "POST /predict/")
def test_the_predictor_of_late_v1(http: httpx.Client, published: Row, tiles: str, place):
    west, south, _, _ = place.predict_box()
    checkpoint = f"/workspace/download/training_{published['published_training']}/checkpoint.onnx"
    body = {"bbox": [west, south, west + 4e-4, south + 4e-4], "checkpoint": checkpoint, "zoom_level": place.zoom,
            "source": tiles % "predict", "confidence": 40, "orthogonalize": True}  # fmt: skip
    answer = http.post("/predict/", json=body)
    assert answer.status_code in (201, 204), answer.text
    assert http.post("/predict/", json=body | {"zoom_level": 17}).status_code == 400


@pytest.mark.spec("22.5", "MultiPolygon becomes a Polygon")
def test_v1_prediction_on_two_places(http: httpx.Client, published: Row, tiles: str, place):
    west, south, east, north = place.predict_box()
    middle = (west + east) / 2
    halves = [
        [[[a, south], [b, south], [b, north], [a, north], [a, south]]] for a, b in ((west, middle), (middle, east))
    ]
    config = {"checkpoint": f"training_{published['published_training']}/x", "zoom_level": place.zoom,
              "source": tiles % "predict"}  # fmt: skip
    body = {"geom": {"type": "MultiPolygon", "coordinates": halves}, "config": config}
    row = done(http.post("/prediction/", json=body), 201)
    assert row["geom"]["type"] == "Polygon"
    assert http.post(f"/prediction/terminate/{row['id']}/").status_code == 200


@pytest.mark.spec("23", "predictions/, predictions without slash, ordering -id")
def test_v3_predictions(http: httpx.Client, prediction: Row):
    read = {
        "id", "description", "status", "results_ready", "assets", "image_uri", "geometry", "zoom", "visibility",
        "submitted_at", "local_model_stac_id", "mapswipe_project_id", "category",
    }  # fmt: skip
    assert prediction.keys() >= read
    assert httpx.get(prediction["assets"]["geojson"], timeout=10, follow_redirects=True).json()["features"]
    listed = done(
        http.get("/predictions/", params={"search": "of then", "ordering": "-id", "user": PERSON, "limit": 1})
    )
    assert listed.keys() == {"count", "next", "previous", "results"}
    assert listed["results"][0]["id"] == prediction["id"]


@pytest.mark.spec("23", "predictions/submit/")
def test_v3_submission(http: httpx.Client, prediction: Row, tiles: str, place):
    body = {
        "model_stac_id": prediction["local_model_stac_id"], "image_uri": tiles % "predict", "zoom": place.zoom,
        "bbox": place.predict_box(), "params": {"confidence_threshold": 0.5}, "description": "of today",
    }  # fmt: skip
    row = done(http.post("/predictions/submit/", json=body), 202)
    assert row["status"] == "initializing"
    assert http.post(f"/prediction/terminate/{row['id']}/").status_code == 200
    told = done(http.get(f"/task/status/prediction-{row['id']}/"))
    assert told["status"] in ("FAILURE", "STARTED")


@pytest.mark.spec("23", "base-models/, local-models/")
def test_v3_models(http: httpx.Client, stranger: httpx.Client, published: Row):
    query = {"category": "buildings", "ordering": "star_count", "expand": "stac"}
    read = {"id", "name", "category", "stac_item_id", "status", "visibility", "is_pinned", "star_count", "is_starred",
            "user", "stac"}  # fmt: skip
    base = done(http.get("/base-models/", params=query))["results"][0]
    assert base.keys() >= read | {"error"}
    assert base["stac"]["properties"]["mlm:name"] == base["name"]
    local = done(stranger.get("/local-models/", params={"ordering": "-id", "limit": 200}))["results"]
    assert published["id"] in [row["id"] for row in local]
    pinned = done(http.get("/base-models/", params={**query, "is_pinned": True}))["results"]
    assert all(row["is_pinned"] and row["stac"] for row in pinned)


@pytest.mark.spec("23", "auth/status/, auth/me/")
def test_v3_account(http: httpx.Client, stranger: httpx.Client):
    assert done(http.get("/auth/status/"))["authenticated"] is True
    assert stranger.get("/auth/me/").status_code == 401
    me = done(http.get("/auth/me/"))
    assert me.keys() >= {
        "osm_id", "username", "img_url", "email", "date_joined", "last_login", "email_verified",
        "account_deletion_requested", "newsletter_subscription", "notifications_delivery_methods", "models_count",
        "datasets_count", "feedbacks_count", "approved_predictions_count", "profile_completion_percentage",
        "unread_notifications_count",
    }  # fmt: skip
    changed = done(http.patch("/auth/me/", json={"newsletter_subscription": True}))
    assert changed["newsletter_subscription"] is True


@pytest.mark.spec("11.1", "GET /notifications/me/, created_at")
@pytest.mark.spec("23", "notifications/me, is_read filter, notifications/mark-as-read/{id}/")
@pytest.mark.spec("23", "notifications/mark-all-as-read/")
def test_v3_notifications(http: httpx.Client, prediction: Row):
    query = {"is_read": False, "limit": 10, "offset": 0}
    page = done(http.get("/notifications/me", params=query))
    first = page["results"][0]
    assert first.keys() >= {"id", "message", "is_read", "created_at", "training_model"}
    everything = done(http.get("/notifications/me", params={"limit": 100}))["results"]
    assert any(row["training_model"] for row in everything if row["related_obj"]["type"] == "training")
    done(http.post(f"/notifications/mark-as-read/{first['id']}/"))
    assert first["id"] not in [row["id"] for row in done(http.get("/notifications/me", params=query))["results"]]
    done(http.post("/notifications/mark-all-as-read/"))
    assert done(http.get("/notifications/me", params=query))["count"] == 0


@pytest.mark.spec("23", "categories/, datasets/, trainings/, kpi/stats/, health/")
def test_v3_categories_and_lists(http: httpx.Client, stranger: httpx.Client, training: Row):
    assert done(stranger.get("/categories/"))["results"][0].keys() >= {"slug", "id", "label", "description"}
    assert done(http.get("/datasets/", params={"search": "village of", "ordering": "-created_at"}))["count"] >= 1
    assert training["id"] in [row["id"] for row in done(http.get("/trainings/", params={"user": PERSON}))["results"]]
    assert done(stranger.get("/health/"))["postgresql"] is True
    assert done(stranger.get("/kpi/stats/")).keys() == {
        "total_models_published", "total_registered_users", "total_feedback_labels", "total_accepted_predictions",
    }  # fmt: skip

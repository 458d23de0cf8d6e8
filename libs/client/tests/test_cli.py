"""The command line, from arguments to exit code."""

import json
import stat

import pytest
from client_samples import NOW, aoi, base_model, dataset, prediction, training
from small_gateway import Answer
from typer.testing import CliRunner

from fairway import events, polling
from fairway.cli import app, session


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(events, "RECONNECT_DELAY", 0.01)
    monkeypatch.setattr(polling, "POLL_INTERVAL", 0.1)
    monkeypatch.setattr(session.console, "_width", 160)


def run(*words: str, code: int = 0, **options) -> str:
    result = CliRunner().invoke(app, list(words), **options)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_login_is_kept_for_its_owner_only(gateway, at_home):
    session.FILE.unlink()
    gateway.on("GET /auth/me/", Answer(body={"osm_id": 7, "username": "mira"}))
    assert "Logged in as mira" in run("login", gateway.url, "--token", "t")
    assert json.loads(session.FILE.read_text()) == {"url": gateway.url, "token": "t"}
    assert stat.S_IMODE(session.FILE.stat().st_mode) == 0o600


def test_without_a_login_it_says_so(at_home):
    session.FILE.unlink()
    assert "Log in first" in run("models", "list", code=2)


def test_lists(at_home):
    at_home.rows("/datasets/", dataset(title="Roofs [2026]"))
    at_home.rows("/trainings/", training(status="failed", error="No chips."))
    at_home.rows("/predictions/", prediction())
    at_home.rows("/notifications/me/", {"id": 1, "message": "is ready", "is_read": False, "created_at": NOW})
    assert "Roofs [2026]" in run("datasets", "list", "--search", "roofs")
    assert at_home.asked[-1].query["search"] == "roofs"
    assert "No chips." in run("trainings", "list")
    assert "Predictions (1)" in run("predictions", "list", "--status", "completed")
    at_home.rows("/base-models/", base_model(status="failed", error="No checkpoint [x]."))
    at_home.rows("/local-models/")
    assert "No checkpoint [x]." in run("models", "list")
    assert "is ready" in run("notifications", "--unread")
    assert at_home.asked[-1].query["is_read"] == "false"


def test_dataset_is_built_and_watched(at_home, tmp_path):
    area = tmp_path / "area.geojson"
    area.write_text(json.dumps(aoi(1)["geometry"]))
    at_home.on("POST /aois/", Answer(201, aoi(12)))
    at_home.on("POST /datasets/build/", Answer(202, dataset(status="building")))
    at_home.on("GET /datasets/5/", Answer(body=dataset(status="building")), Answer(body=dataset()))
    at_home.on("GET /events", None)
    shown = run("datasets", "build", "Hill", str(area), "--imagery", "https://t.example/{z}/{x}/{y}", "--zoom", "18")
    assert "is built: hill-1" in shown
    asked = next(a.body for a in at_home.asked if a.path == "/datasets/build/")
    assert (asked["aoi_ids"], asked["zoom"]) == ([12], 18)


def test_what_a_build_left_out_is_said(at_home):
    missing = [{"reason": "The imagery has no tile here (HTTP 404).", "count": 2, "examples": ["tile 19/5/7"]}]
    whole = {"wanted": 4, "done": 4, "left_out": [], "altered": []}
    told = {
        "tiles": {"wanted": 30, "done": 28, "left_out": missing, "altered": []},
        "labels": whole,
        "notes": ["Too small."],
    }
    at_home.on("GET /datasets/5/", Answer(body=dataset(outcome=told)))
    shown = " ".join(run("datasets", "watch", "5").split())
    for words in ("2 of 30 tiles were left out", "no tile here (HTTP 404)", "tile 19/5/7", "Too small."):
        assert words in shown
    assert "labels" not in shown


@pytest.mark.parametrize("content", ["{", "[]", '{"type": "Point", "coordinates": [1, 2]}'])
def test_area_that_is_none_is_refused_before_anything_is_sent(at_home, tmp_path, content):
    area = tmp_path / "area.geojson"
    area.write_text(content)
    run("datasets", "build", "Hill", str(area), "--imagery", "https://t.example/{z}/{x}/{y}", code=2)
    assert not at_home.asked


def test_failure_is_one_line_and_exit_code_one(at_home):
    refused = {"detail": "Invalid [data]", "error": {"code": "VALIDATION_ERROR", "details": {"epochs": ["[1, 2]"]}}}
    at_home.on("POST /trainings/submit/", Answer(400, refused))
    shown = run("trainings", "submit", "base", "data", "name", "--overrides", '{"epochs": 0}', code=1)
    assert "Invalid [data]" in shown
    assert "epochs: ['[1, 2]']" in shown
    assert at_home.asked[-1].body["overrides"] == {"epochs": 0}


def test_bad_arguments_are_named(at_home):
    assert "overrides" in run("trainings", "submit", "base", "data", "name", "--overrides", "{", code=2)
    assert "bbox" in run("predictions", "submit", "m", "https://t.example/{z}/{x}/{y}", "1,2,x,4", code=2)
    assert not at_home.asked


def test_base_model_is_registered_from_a_file_or_an_address(at_home, tmp_path):
    item = tmp_path / "item.json"
    item.write_text('{"type": "Feature"}')
    at_home.on("GET /events", None)
    at_home.on("POST /base-models/", Answer(202, base_model(status="registering")))
    at_home.on("GET /base-models/3/", Answer(body=base_model()))
    assert "unet is ready: base-1" in run("models", "register", str(item))
    run("models", "register", "https://models.example/unet.json", "--category", "roads")
    assert [asked.body for asked in at_home.asked if asked.method == "POST"] == [
        {"stac_item": {"type": "Feature"}, "category": "buildings"},
        {"stac_item_url": "https://models.example/unet.json", "category": "roads"},
    ]
    assert "no such file" in run("models", "register", str(tmp_path / "none.json"), code=2)


def test_base_model_that_fails_its_checks_says_why(at_home):
    at_home.on("GET /events", None)
    at_home.on("POST /base-models/", Answer(202, base_model(status="registering")))
    at_home.on("GET /base-models/3/", Answer(body=base_model(status="failed", error="The ONNX model cannot be read.")))
    assert "ONNX" in run("models", "register", "https://models.example/unet.json", code=1)


def test_rows_are_shown_to_everyone_and_hidden_again(at_home):
    model = {"id": 4, "name": "hill", "base_model_name": "unet", "stac_item_id": "l-1", "visibility": "public"}
    for verb in ("publish", "unpublish"):
        at_home.on(f"POST /local-models/4/{verb}/", Answer(body=model))
        run("models", verb, "4")
    at_home.on("POST /datasets/5/publish/", Answer(body=dataset()))
    run("datasets", "publish", "5")
    at_home.on("POST /predictions/31/publish/", Answer(body=prediction()))
    run("predictions", "publish", "31")
    assert len(at_home.paths("POST")) == 4


def test_labels_are_fetched_uploaded_and_downloaded(at_home, tmp_path):
    file = tmp_path / "labels.geojson"
    file.write_text('{"type": "FeatureCollection", "features": []}')
    at_home.on("GET /events", None)
    at_home.on("POST /labels/osm/fetch/12/", Answer(202, aoi(12, label_status=0)))
    at_home.on("POST /labels/upload/12/", Answer(202, aoi(12, label_status=0)))
    at_home.on(
        "GET /aois/12/", Answer(body=aoi(12, label_status=0)), Answer(body=aoi(12, label_status=1, label_count=7))
    )
    assert "7 labels" in run("labels", "fetch", "12")
    assert "7 labels" in run("labels", "upload", "12", str(file))
    assert next(a.body for a in at_home.asked if "upload" in a.path)["type"] == "FeatureCollection"
    at_home.on("GET /aois/12/", Answer(body=aoi(12, label_status=-1, label_error="No answer from [OSM].")))
    assert "No answer from [OSM]." in run("labels", "fetch", "12", code=1)
    collection = {"type": "FeatureCollection", "features": [aoi(1), aoi(2)]}
    at_home.on("GET /labels/", Answer(body={"count": 2, "next": None, "previous": None, "results": collection}))
    assert "2 labels" in run("labels", "download", "12", "--file", str(file))
    assert [f["geometry"]["type"] for f in json.loads(file.read_text())["features"]] == ["Polygon", "Polygon"]
    assert at_home.asked[-1].query["aoi"] == "12"


def test_what_became_of_a_file_is_told(at_home, tmp_path):
    file = tmp_path / "labels.geojson"
    file.write_bytes(b'\xef\xbb\xbf{"type": "FeatureCollection", "features": []}')
    outcome = {
        "wanted": 9, "done": 6,
        "left_out": [{"reason": "The feature has no geometry.", "count": 3, "examples": ["feature [1]", "feature 4"]}],
        "altered": [{"reason": "It was repaired.", "count": 1, "examples": ["feature 2"]}],
    }  # fmt: skip
    at_home.on("GET /events", None)
    at_home.on("POST /labels/upload/12/", Answer(202, aoi(12, label_status=0)))
    at_home.on("GET /aois/12/", Answer(body=aoi(12, label_status=1, label_count=6, label_outcome=outcome)))
    told = " ".join(run("labels", "upload", "12", str(file)).split())
    assert "6 labels. 3 of 9 features were left out:" in told
    assert "3 x The feature has no geometry. (feature [1], feature 4, ...)" in told
    assert "1 x It was repaired. (feature 2)" in told


def test_dataset_is_built_again(at_home):
    at_home.on("GET /events", None)
    at_home.on("POST /datasets/5/rebuild/", Answer(202, dataset(status="building")))
    at_home.on("GET /datasets/5/", Answer(body=dataset()))
    run("datasets", "rebuild", "5")
    assert at_home.paths("POST") == ["/datasets/5/rebuild/"]


def test_failed_run_ends_with_its_reason(at_home):
    at_home.on("GET /events", None)
    at_home.on("GET /trainings/9/", Answer(body=training(status="failed", error="Out of [memory].")))
    assert "Out of [memory]." in run("trainings", "watch", "9", code=1)


def test_training_is_published_cancelled_and_logged(at_home):
    at_home.on("POST /trainings/9/publish/", Answer(201, {"local_model_stac_id": "item-7"}))
    at_home.on("POST /trainings/9/cancel/", Answer(body={"status": "stopping"}))
    at_home.on("GET /trainings/9/", Answer(body=training()))
    line = {"level": "info", "message": "epoch [1/2]", "timestamp": NOW}
    at_home.on("GET /trainings/runs/r-1/logs/", Answer(body=[line]))
    at_home.on("GET /trainings/9/epochs/", Answer(body=[
        {"epoch": n, "epochs": 2, "values": {"train_loss": 1 / n}} for n in (1, 2)
    ]))  # fmt: skip
    assert "item-7" in run("trainings", "publish", "9")
    run("trainings", "cancel", "9")
    assert "epoch [1/2]" in run("trainings", "logs", "9", "--tail", "5")
    assert at_home.asked[-1].query["tail"] == "5"
    drawn = run("trainings", "losses", "9")
    assert "train_loss" in drawn
    assert "\x1b" not in drawn


def test_training_that_is_watched_ends_with_its_figures(at_home):
    at_home.on("GET /events", None)
    at_home.on("GET /trainings/9/", Answer(body=training(metrics={"object_f1": 0.5, "building_iou": 0.72341})))
    assert "is completed, building iou 0.723, object f1 0.500." in run("trainings", "watch", "9")


def test_what_became_of_the_chips_is_told(at_home):
    small = [{"reason": "The chip shows no label.", "count": 3, "examples": ["chip 19/5/7", "chip 19/5/8"]}]
    at_home.on("GET /events", None)
    at_home.on("GET /trainings/9/", Answer(body=training(outcome={"wanted": 20, "done": 17, "left_out": small})))
    told = " ".join(run("trainings", "watch", "9").split())
    assert "is completed. 3 of 20 chips were left out:" in told
    assert "3 x The chip shows no label. (chip 19/5/7, chip 19/5/8, ...)" in told


def test_ids_are_never_shortened(at_home, monkeypatch):
    monkeypatch.setattr(session.console, "_width", 60)
    at_home.rows("/base-models/", base_model(stac_item_id="0d9691db-47af-50d0-aae6-1f2d9050e519"))
    at_home.rows("/local-models/")
    shown = run("models", "list")
    assert "…" not in shown


def test_results_are_downloaded(at_home, tmp_path):
    at_home.on("GET /file", Answer(body=b"{}"))
    at_home.on("GET /predictions/31/result/", Answer(body={"geojson": f"{at_home.url}/file"}))
    run("predictions", "download", "31", "--folder", str(tmp_path / "out"))
    assert (tmp_path / "out" / "predictions.geojson").read_bytes() == b"{}"
    at_home.on("GET /predictions/31/result/", Answer(body={"geojson": f"{at_home.url}/gone"}))
    assert "404" in run("predictions", "download", "31", "--folder", str(tmp_path / "out"), code=1)


def test_what_became_of_a_prediction_is_told(at_home):
    lost = {"wanted": 12, "done": 8, "left_out": [{"reason": "No such tile.", "count": 4, "examples": ["tile 19/1/2"]}]}
    at_home.on("GET /events", None)
    at_home.on("GET /predictions/31/", Answer(body=prediction(outcome={"tiles": lost, "features": None})))
    shown = run("predictions", "watch", "31")
    assert "4 of 12 tiles were left out:" in shown
    assert "4 x No such tile. (tile 19/1/2, ...)" in shown
    assert "features" not in shown

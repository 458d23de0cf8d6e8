"""The command line, from arguments to exit code."""

import json
import stat

import pytest
from client_samples import NOW, aoi, dataset, prediction, training
from small_gateway import Answer
from typer.testing import CliRunner

from fairway import events, waiting
from fairway.cli import app, session


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(events, "AGAIN_AFTER", 0.01)
    monkeypatch.setattr(waiting, "LOOK_EVERY", 0.1)
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
    assert "Log in first" in run("models", code=2)


def test_lists(at_home):
    at_home.rows("/datasets/", dataset(title="Roofs [2026]"))
    at_home.rows("/trainings/", training(status="failed", error="No chips."))
    at_home.rows("/predictions/", prediction())
    at_home.rows("/notifications/me/", {"id": 1, "message": "is ready", "is_read": False, "created_at": NOW})
    assert "Roofs [2026]" in run("datasets", "list", "--search", "roofs")
    assert at_home.asked[-1].query["search"] == "roofs"
    assert "No chips." in run("trainings", "list")
    assert "Predictions (1)" in run("predictions", "list", "--status", "completed")
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
    assert "train_loss" in run("trainings", "losses", "9")


def test_results_are_downloaded(at_home, tmp_path):
    at_home.on("GET /file", Answer(body=b"{}"))
    at_home.on("GET /predictions/31/result/", Answer(body={"geojson": f"{at_home.url}/file"}))
    run("predictions", "download", "31", "--folder", str(tmp_path / "out"))
    assert (tmp_path / "out" / "predictions.geojson").read_bytes() == b"{}"
    at_home.on("GET /predictions/31/result/", Answer(body={"geojson": f"{at_home.url}/gone"}))
    assert "404" in run("predictions", "download", "31", "--folder", str(tmp_path / "out"), code=1)

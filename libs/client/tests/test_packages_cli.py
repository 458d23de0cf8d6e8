"""Packages from the command line: what is sent, what is shown, and that downloads are whole."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import zipfile
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from small_gateway import Answer, Gateway
from test_cli import run

from fairway import packages
from fairway.cli import session
from fairway.cli.package_display import duration, note_of
from fairway.package_rows import PackageJob
from kit.testing import eventually

JOB = str(uuid4())
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
TASKS = ["grid.version_1", "roads.version_1"]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(packages, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(session.console, "_width", 200)


def job(status: str = "PENDING", percent: int = 0, *tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    entries = tasks or [{"processor_name": name, "job_status": "PENDING"} for name in TASKS]
    return {"job_id": JOB, "job_group_status": status, "job_group_percent_complete": percent,
            "job_group_processors": list(entries), "boundary_name": "gambia",
            "package_uri": "https://x/packages/gambia/", **more}  # fmt: skip


RUNNING = {"processor_name": TASKS[0], "job_status": "EXECUTING",
           "job_progress": {"percent_complete": 50, "current_task": "cropping source"}}  # fmt: skip
MADE = {"processor_name": TASKS[0], "job_status": "SUCCESS", "job_result": {"grid - crop success": True}}
FAILED = {"processor_name": TASKS[1], "job_status": "FAILURE", "job_result": {"failed": "Gone - no source"}}


def test_boundaries_and_processors(at_home):
    row = {"id": 1, "name": "gambia", "name_long": "The Gambia"}
    at_home.on("GET /boundaries", Answer(body=[row]))
    at_home.on("GET /boundaries/search", Answer(body=[row]))
    assert "The Gambia" in run("packages", "boundaries")
    run("packages", "boundaries", "--search", "mbi")
    assert at_home.asked[-1].query == {"name": "mbi"}
    run("packages", "boundaries", "--point", "13.4,-15.5")
    assert at_home.asked[-1].query == {"latitude": "13.4", "longitude": "-15.5"}
    assert "latitude,longitude" in run("packages", "boundaries", "--point", "x", code=2)
    version = {"name": TASKS[0], "description": "Power lines", "version": "version_1",
               "data_formats": ["Geopackage", "CSV"]}  # fmt: skip
    at_home.on("GET /processors", Answer(body=[{"name": "grid", "versions": [version]}]))
    shown = run("packages", "processors")
    assert "Power lines" in shown
    assert "Geopackage, CSV" in shown


def test_a_job_is_made_and_watched(at_home):
    at_home.on("POST /jobs", Answer(202, {"job_id": JOB}, {"Location": f"/api/v1/jobs/{JOB}"}))
    states = [job(position=3), job("PENDING", 25, RUNNING), job("COMPLETE", 100, MADE, FAILED)]
    at_home.on(f"GET /jobs/{JOB}", *(Answer(body=state) for state in states))
    shown = run("packages", "make", "gambia", *TASKS, "--raster", "COG", "--redo", code=3)
    sent = at_home.asked[0].body
    assert (sent["boundary_name"], sent["processors"], sent["options"]) == ("gambia", TASKS, {"raster": "COG"})
    assert (sent["redo"], sent["notify"]) == (True, True)
    assert all(text in shown for text in (JOB, "100 %", "incomplete", "SUCCESS", "Gone - no source"))


@pytest.mark.parametrize(
    ("ended", "word", "code"),
    [
        (job("COMPLETE", 100, MADE), "completed", 0),
        (job("COMPLETE", 100, {**MADE, "job_status": "SKIPPED"}), "completed", 0),
        (job("COMPLETE", 100, MADE, problem="The data package could not be written."), "could not be written", 3),
        (job("COMPLETE", 100, MADE, cancelled=True), "cancelled", 1),
    ],
)
def test_the_exit_code_says_what_came_of_a_job(at_home, ended, word, code):
    at_home.on(f"GET /jobs/{JOB}", Answer(body=ended))
    assert word in run("packages", "watch", JOB, code=code)


def test_a_job_of_which_nothing_came_fails(at_home):
    at_home.on("POST /jobs", Answer(202, {"job_id": JOB}))
    at_home.on(f"GET /jobs/{JOB}", Answer(body=job("COMPLETE", 100, FAILED)))
    assert "failed" in run("packages", "make", "gambia", TASKS[1], code=1)


def test_an_own_area_is_read_from_its_file(at_home, tmp_path):
    file = tmp_path / "area.geojson"
    file.write_text(json.dumps(SQUARE))
    at_home.on("POST /jobs", Answer(202, {"job_id": JOB}))
    run("packages", "make", str(file), TASKS[0], "--title", "My valley", "--detach", "--no-notify")
    sent = at_home.asked[-1].body
    assert (sent["area"], sent["title"], sent["notify"]) == (SQUARE, "My valley", False)
    assert "boundary_name" not in sent
    file.write_text("{")
    assert "not JSON" in run("packages", "make", str(file), TASKS[0], code=2)


def test_where_a_job_stands():
    assert note_of(PackageJob(**job(position=3))) == "3 works before it"
    running = PackageJob(**job("PENDING", 25, RUNNING, remaining_seconds=200))
    assert note_of(running) == "grid.version_1: cropping source, about 3 min left"
    assert [duration(seconds) for seconds in (40, 700, 12_000)] == ["40 s", "12 min", "3 h 20 min"]


def test_an_estimate_says_what_is_wrong_in_words(at_home):
    away = {"code": "source_unreachable", "detail": "x.tif cannot be fetched: no such [host]"}
    rows = {TASKS[0]: {"bytes": 0, "without_overlap": [], "problem": None}, TASKS[1]: {"problem": away}}
    at_home.on("POST /jobs/estimate", Answer(body={"processors": rows}))
    shown = run("packages", "estimate", "gambia", *TASKS)
    assert "x.tif cannot be fetched: no such [host]" in shown
    assert "0.0 MB" in shown
    assert not any(text in shown for text in ("source_unreachable", "without overlap", "{", "[]"))


def test_estimate_list_status_and_cancel(at_home):
    at_home.on("POST /jobs/estimate", Answer(body={"processors": {TASKS[0]: {"bytes": 2_500_000, "seconds": 90}}}))
    shown = run("packages", "estimate", "gambia", TASKS[0], "--outside", "cut")
    assert "2.5 MB" in shown
    assert at_home.asked[-1].body["options"] == {"outside": "cut"}
    at_home.rows("/jobs", job("PENDING", 25, RUNNING))
    assert JOB in run("packages", "jobs")
    at_home.on("GET /packages", Answer(body=[{"boundary_name": "gambia", "uri": "https://x/packages/gambia/"}]))
    assert "https://x/packages/gambia/" in run("packages", "list")
    at_home.on(f"GET /jobs/{JOB}", Answer(body=job("PENDING", 25, RUNNING)))
    assert "EXECUTING" in run("packages", "status", JOB)
    revoked = {"processor_name": TASKS[0], "job_status": "REVOKED", "job_result": {"revoked": "cancelled"}}
    at_home.on(f"DELETE /jobs/{JOB}", Answer(body=job("COMPLETE", 100, revoked, cancelled=True)))
    assert "cancelled" in run("packages", "cancel", JOB)


async def test_an_interrupt_cancels_the_job_once(at_home):
    at_home.on("POST /jobs", Answer(202, {"job_id": JOB}))
    at_home.on(f"GET /jobs/{JOB}", Answer(body=job("PENDING", 25, RUNNING)))
    at_home.on(f"DELETE /jobs/{JOB}", Answer(body=job("PENDING", 25, RUNNING, cancelled=True)))
    start = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from fairway.cli import app; app()"
    )
    environment = {**os.environ, "FAIRWAY_URL": at_home.url, "FAIRWAY_TOKEN": "t"}
    command = [sys.executable, "-c", start, "packages", "make", "gambia", TASKS[0]]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        await eventually(lambda: f"/jobs/{JOB}" in at_home.paths("GET"), 60)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert at_home.paths("DELETE") == [f"/jobs/{JOB}"]


def archive(content: bytes, told: bytes) -> bytes:
    """The manifest tells of `told`."""
    manifest = {"files": [{"path": "a/x.tif", "sha256": hashlib.sha256(told).hexdigest()}]}
    with zipfile.ZipFile(made := BytesIO(), "w") as target:
        target.writestr("gambia/a/x.tif", content)
        target.writestr("gambia/manifest.json", json.dumps(manifest))
    return made.getvalue()


def lay_out(gateway: Gateway, body: bytes, size: int | None = None) -> None:
    link = {"url": f"{gateway.url}/packages/gambia/archive.zip?token=t", "expires_at": "2026-05-01T00:00:00Z",
            "bytes": size or len(body), "files": 1}  # fmt: skip
    gateway.on("GET /packages/gambia/download", Answer(body=link))
    gateway.on("GET /packages/gambia/archive.zip", Answer(body=body))


def test_a_download_is_whole(at_home, tmp_path):
    lay_out(at_home, archive(b"pixels", b"pixels"))
    file = tmp_path / "g.zip"
    assert "1 files in" in run("packages", "download", "gambia", "--processor", TASKS[0], "--file", str(file))
    assert at_home.asked[0].query["processors"] == TASKS[0]
    assert "authorization" not in at_home.asked[-1].headers
    assert zipfile.is_zipfile(file)


@pytest.mark.parametrize(
    ("body", "size", "text"),
    [
        (archive(b"other", b"pixels"), None, "not the file"), (archive(b"x", b"x"), 9999, "broke off"),
        (b"PK no zip", None, "damaged"),
    ],
)  # fmt: skip
def test_a_download_that_is_not_whole_leaves_nothing(at_home, tmp_path, body, size, text):
    lay_out(at_home, body, size)
    assert text in run("packages", "download", "gambia", "--file", str(tmp_path / "g.zip"), code=1)
    assert list(tmp_path.glob("g.zip*")) == []


def test_boundaries_are_imported_from_a_file(at_home, tmp_path):
    file = tmp_path / "countries.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    at_home.on("POST /boundaries", Answer(201, {"loaded": 2, "skipped": 1, "total": 3, "names": ["a", "b"]}))
    assert "2 boundaries stored, 1" in run("packages", "import-boundaries", str(file), "--name-column", "n", "--wipe")
    asked = at_home.asked[-1]
    assert (asked.query["name_column"], asked.query["wipe"]) == ("n", "true")
    assert asked.headers["content-type"] == "application/geo+json"
    assert asked.body["type"] == "FeatureCollection"

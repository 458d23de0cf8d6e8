"""The label store through the client and its command line."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_gateway import Answer, Gateway
from typer.testing import CliRunner

from fairway import ApiError, Fairway, labelstore
from fairway.cli import app, session
from fairway.errors import OperationFailed
from fairway.labelstore import label_key

KEYS = {"authentication-key", "authentication-secret", "authorization"}
CAMPAIGN = {"campaign_id": 5, "title": "plastic", "status": "active", "progress": {"total": 2, "done": 1},
            "export": {"state": "none"}}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(labelstore, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(session.console, "_width", 160)


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["labels", *words])
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def image_set(state: str, **ingest: Any) -> Answer:
    status = {"state": state, "files_registered": 2, "files_unreadable": 1, "error": None, **ingest}
    return Answer(body={"imageset_id": 3, "title": "danube", "status": "created", "ingest": status})


def page(member: str, *rows: dict[str, Any], next: int | None = None) -> Answer:
    return Answer(body={"pagination": {"page": 1, "next": next}, member: list(rows)})


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / name).write_bytes(b"\xff\xd8 " + name.encode())
    return [str(tmp_path / "a.jpg"), str(tmp_path / "b.jpg")]


def test_pictures_go_straight_to_the_object_store(at_home: Gateway, pictures: list[str]):
    store = at_home.url.removesuffix("/api/v1")
    grant = {"url": f"{store}/bucket", "fields": {"policy": "p", "key": "x"}, "key_prefix": "dropbox/danube/"}
    made = image_set("none")
    at_home.on("POST /image_sets", Answer(body={**made.body, "upload": grant}))
    at_home.on("POST /bucket", Answer(204, b""))
    at_home.on("PUT /image_sets/3", Answer(body="ok"))
    at_home.on("GET /image_sets/3", image_set("queued"), image_set("running"), image_set("done"))
    said = run("image-sets", "upload", "danube", *pictures)
    assert "Image set 3 has 2 images of 2 files." in said
    assert "1 files are no pictures" in said
    sent = [asked for asked in at_home.asked if asked.path == "/bucket"]
    assert [b'name="key"\r\n\r\ndropbox/danube/' + name in asked.body
            for name, asked in zip((b"a.jpg", b"b.jpg"), sent, strict=True)] == [True, True]  # fmt: skip
    assert all(not KEYS & asked.headers.keys() and b'name="policy"\r\n\r\np' in asked.body for asked in sent)


def test_an_ingest_that_failed_tells_why(fairway: Fairway, gateway: Gateway):
    gateway.on("GET /image_sets/3", image_set("failed", error="The object store refused."))
    with pytest.raises(OperationFailed, match="refused"):
        fairway.image_sets.wait(3)
    gateway.on("GET /image_sets/3", image_set("running"))
    with pytest.raises(TimeoutError):
        fairway.image_sets.wait(3, limit=0.05)


def test_a_campaign_is_made_of_an_image_set(at_home: Gateway):
    at_home.on("GET /image_sets/3/images", page("images", _image(7), next=2), page("images", _image(8)))
    token = {"apikey": "k", "apisecret": "s"}
    at_home.on("POST /campaigns", Answer(body={**CAMPAIGN, "access_token": token}))
    at_home.on("POST /campaigns/5/images", Answer(body="ok"))
    at_home.on("PUT /campaigns/5", Answer(body="ok"))
    said = run("campaigns", "create", "plastic", "p@l.example", "3", "--review")
    assert "Campaign 5 offers 2 images" in said
    assert '"apisecret": "s"' in said
    bodies = [asked.body for asked in at_home.asked if asked.method in ("POST", "PUT")]
    assert bodies == [
        {"title": "plastic", "labeler_email": "p@l.example", "uses_leases": False, "review": True},
        [{"id": 7}, {"id": 8}], {"new_status": "active"},
    ]  # fmt: skip


def test_work_with_a_key_of_the_label_store(at_home: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    session.FILE.unlink()
    for name, value in {"URL": at_home.url, "LABEL_KEY": "k", "LABEL_SECRET": "s"}.items():
        monkeypatch.setenv(f"FAIRWAY_{name}", value)
    task = {"image_id": 7, "url": "/images/7", "lease_expires_at": "2026-03-04T05:06:07Z", "draft": [{"label": "a"}]}
    at_home.on("POST /campaigns/5/next", Answer(body={"tasks": [task]}))
    assert json.loads(run("campaigns", "next", "5", "--count", "2"))[0]["draft"] == [{"label": "a"}]
    at_home.on("PUT /campaigns/5/objects", Answer(body="ok"))
    at_home.on("GET /campaigns/5/images", page("images", _campaign_image(8)))
    (tmp_path / "objects.json").write_text(json.dumps([{"image_id": 7, "objects": []}]))
    assert "1 images are submitted, 1 are left" in run("campaigns", "submit", "5", str(tmp_path / "objects.json"))
    assert [asked.body for asked in at_home.asked][:2] == [
        {"count": 2, "minutes": 60},
        [{"image_id": 7, "objects": []}],
    ]
    first = at_home.asked[0].headers
    assert label_key("k", "s").items() <= {name.title(): value for name, value in first.items()}.items()
    assert "authorization" not in first


def test_review_finish_and_export(at_home: Gateway, tmp_path: Path):
    (tmp_path / "review.json").write_text(json.dumps([{"image_id": 7, "accepted": True}]))
    at_home.on("POST /campaigns/5/reviews", Answer(body={"accepted": 1, "rejected": 0}))
    assert "1 images are accepted, 0 sent back" in run("campaigns", "review", "5", str(tmp_path / "review.json"))
    at_home.on("PUT /campaigns/5", Answer(body="ok"))
    done = {**CAMPAIGN, "export": {"state": "done", "dataset_id": 2, "version": 1}}
    at_home.on("GET /campaigns/5", Answer(body=CAMPAIGN), Answer(body=done))
    assert "Dataset 2 is version 1." in run("campaigns", "finish", "5")
    export = {"export_id": 6, "dataset_id": 2, "format": "yolo", "state": "queued"}
    at_home.on("POST /label_datasets/2/exports", Answer(202, export))
    at_home.on("GET /label_exports/6", Answer(body={**export, "state": "done", "size": 3, "sha256": "ab"}))
    url = f"{at_home.url}/store.zip"
    at_home.on("GET /label_exports/6/file", Answer(303, url, {"location": url}))
    at_home.on("GET /store.zip", Answer(body=b"zip"))
    target = tmp_path / "d.zip"
    assert "SHA-256 ab" in run("datasets", "export", "2", "--format", "yolo", "--file", str(target))
    assert target.read_bytes() == b"zip"


def test_lists_and_errors(at_home: Gateway):
    at_home.on("GET /campaigns", page("campaigns", CAMPAIGN))
    assert "plastic" in run("campaigns", "list")
    at_home.on("GET /image_sets", page("image_sets", image_set("done").body))
    assert "danube" in run("image-sets", "list")
    dataset = {"dataset_id": 2, "campaign_id": 5, "title": "plastic", "version": 1, "state": "done"}
    at_home.on("GET /label_datasets", page("datasets", dataset))
    assert "plastic" in run("datasets", "list", "--campaign", "5")
    errors = [{"path": "0.objects.0.label", "message": "is empty"}]
    problem = {"status": 400, "detail": "0.objects.0.label: is empty", "code": "invalid_request", "errors": errors}
    at_home.on("PUT /campaigns/5", Answer(400, problem))
    assert "0.objects.0.label: is empty" in run("campaigns", "finish", "5", code=1)
    with pytest.raises(ApiError) as refused, Fairway(at_home.url) as fairway:
        fairway.campaigns.set_status(5, "active")
    assert (refused.value.code, refused.value.details) == ("invalid_request", {"0.objects.0.label": "is empty"})


def _image(number: int) -> dict[str, Any]:
    return {"image_id": number, "blobstorage_path": f"b/{number}.jpg"}


def _campaign_image(number: int) -> dict[str, Any]:
    return {"image_id": number, "url": f"/images/{number}", "labeled": False}

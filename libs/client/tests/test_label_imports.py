"""Imports of annotations through the client and its command line."""

from pathlib import Path
from typing import Any

import pytest
from small_gateway import Answer, Gateway
from test_labelstore import page, quick, run

from fairway import Fairway
from fairway.errors import OperationFailed

__all__ = ["quick"]
T = "2026-03-04T05:06:07Z"
REPORT = {
    "images": {"wanted": 2, "done": 1, "left_out": [{"reason": "No image has its name.", "count": 1,
                                                     "examples": ["x.png"]}], "altered": []},
    "objects": {"wanted": 3, "done": 3, "left_out": [], "altered": []}, "unknown_labels": ["fles"],
}  # fmt: skip


def row(state: str, **more: Any) -> dict[str, Any]:
    facts = {"images_done": 1, "images_total": 2, "report": None, "error": None, "created_at": T}
    return {"import_id": 5, "campaign_id": 7, "state": state, **facts, **more}


def test_a_file_is_uploaded_and_imported(at_home: Gateway, tmp_path: Path):
    store = at_home.url.removesuffix("/api/v1")
    grant = {"url": f"{store}/bucket", "fields": {"policy": "p"}, "key_prefix": "label-imports/5/"}
    at_home.on("POST /campaigns/7/imports", Answer(202, {**row("waiting"), "upload": grant}))
    at_home.on("POST /bucket", Answer(204, b""))
    at_home.on("POST /label_imports/5/start", Answer(202, row("queued")))
    at_home.on("GET /label_imports/5", Answer(body=row("running")), Answer(body=row("done", report=REPORT)))
    (tmp_path / "theirs.zip").write_bytes(b"PK")
    words = ["--format", "voc", "--by-hash", "--label", "fles=bottle", "--label", "odd="]
    said = run("imports", "run", "7", str(tmp_path / "theirs.zip"), *words)
    assert "Import 5 is done: 1 of 2 images." in said
    assert "1 of 2 images were left out:" in said
    assert "1 x No image has its name. (x.png)" in said
    assert "has not had: fles" in said
    created, uploaded = at_home.asked[0], at_home.asked[1]
    assert created.body == {
        "format": "voc", "uri": None, "dry_run": False, "mode": "objects", "match_by": "sha256",
        "labels": {"fles": "bottle", "odd": None},
    }  # fmt: skip
    assert b"label-imports/5/theirs.zip" in uploaded.body
    assert "authorization" not in uploaded.headers


def test_imports_are_listed_shown_and_cancelled(at_home: Gateway, tmp_path: Path):
    at_home.on("GET /campaigns/7/imports", page("imports", row("running"), next=2), page("imports", row("done")))
    assert "Imports (2)" in run("imports", "list", "7")
    at_home.on("GET /label_imports/5", Answer(body=row("failed", error="It is no COCO file.")))
    assert "It is no COCO file." in run("imports", "show", "5")
    at_home.on("POST /label_imports/5/cancel", Answer(body=row("cancelled")))
    assert "Import 5 is cancelled" in run("imports", "cancel", "5")
    (tmp_path / "a.json").write_text("{}")
    assert "theirs=ours" in run("imports", "run", "7", str(tmp_path / "a.json"), "--label", "x", code=2)


@pytest.mark.parametrize(("state", "error", "said"), [("failed", "Broken.", "Broken."), ("cancelled", None, "cance")])
def test_waiting_ends_with_the_import(fairway: Fairway, gateway: Gateway, state: str, error: str | None, said: str):
    gateway.on("GET /label_imports/5", Answer(body=row("running")), Answer(body=row(state, error=error)))
    with pytest.raises(OperationFailed, match=said):
        fairway.label_imports.wait(5)


def test_a_grant_is_renewed(fairway: Fairway, gateway: Gateway):
    gateway.on("POST /label_imports/5/upload_token", Answer(body={"upload": {"url": "u"}}))
    assert fairway.label_imports.grant(5) == {"url": "u"}

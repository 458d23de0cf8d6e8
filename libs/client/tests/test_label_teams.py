"""Drafts, composed datasets, quality, taxonomies and audit, through the client and its command line."""

from pathlib import Path

import pytest
from small_gateway import Answer, Gateway
from test_labelstore import page, run

from fairway import labelstore
from fairway.cli import session

DATASET = {"dataset_id": 9, "campaign_id": None, "title": "rivers", "version": 2, "state": "done", "image_count": 7}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(labelstore, "POLL_INTERVAL", 0.01)
    monkeypatch.setattr(session.console, "_width", 160)


def test_a_prediction_becomes_drafts(at_home: Gateway):
    left_out = [{"reason": "It lies on no image.", "count": 2, "examples": []}]
    outcome = {"wanted": 9, "done": 7, "left_out": left_out, "altered": []}
    at_home.on("POST /campaigns/5/predictions/map", Answer(body=outcome))
    said = run("campaigns", "predict", "5", "3", "--label", "roof")
    assert "7 of 9 features are drafts." in said
    assert "2 are left out: It lies on no image." in said
    assert at_home.asked[-1].body == {"prediction_id": 3, "label": "roof"}


def test_datasets_are_composed_and_compared(at_home: Gateway):
    at_home.on("POST /label_datasets", Answer(202, {**DATASET, "state": "queued"}))
    at_home.on("GET /label_datasets/9", Answer(body=DATASET))
    assert "Dataset 9 is version 2: 7 images." in run("datasets", "compose", "rivers", "5", "6", "--label", "can")
    sent = next(one for one in at_home.asked if one.method == "POST").body
    assert (sent["parts"], sent["labels"]) == ([{"campaign_id": 5}, {"campaign_id": 6}], ["can"])
    parts = {name: {"count": n, "image_ids": []} for n, name in enumerate(("added", "removed", "changed", "moved"))}
    at_home.on("GET /label_datasets/9/diff/8", Answer(body=parts))
    assert "changed: 2" in run("datasets", "diff", "9", "8")
    at_home.on("GET /label_datasets/9/models", Answer(body={"models": [{"stac_item_id": "m"}]}))
    assert '"m"' in run("datasets", "models", "9")


def test_labellers_are_judged(at_home: Gateway, tmp_path: Path):
    (tmp_path / "truth.json").write_text('[{"image_id": 1, "objects": []}]')
    at_home.on("PUT /campaigns/5/truth", Answer(body="ok"))
    assert "1 images are reference images." in run("campaigns", "truth", "5", str(tmp_path / "truth.json"))
    labeler = {"by": "a@b", "images": 4, "truth_images": 2, "truth_precision": 0.5, "truth_recall": None}
    at_home.on("GET /campaigns/5/quality", Answer(body={"labelers": [labeler], "agreement": 0.75, "disputed": 1}))
    said = run("campaigns", "quality", "5")
    assert "50.0 %" in said
    assert "Agreement 75.0 %, 1 images are disputed." in said
    at_home.on("GET /campaigns/5/suspicions", Answer(body={"total": 0, "suspicions": []}))
    assert '"total": 0' in run("campaigns", "suspicions", "5")


def test_taxonomies_and_changes_are_listed(at_home: Gateway, tmp_path: Path):
    (tmp_path / "labels.json").write_text('[{"name": "can"}]')
    made = {"taxonomy_id": 3, "name": "litter", "version": 2, "labels": [{"name": "can"}]}
    at_home.on("POST /label_taxonomies", Answer(201, made))
    assert "Taxonomy 3 is version 2 of litter." in run("taxonomies", "create", "litter", str(tmp_path / "labels.json"))
    at_home.on("GET /label_taxonomies", page("taxonomies", made))
    assert "3: litter, version 2, 1 labels" in run("taxonomies", "list")
    at_home.on("GET /label_audit", page("entries", {"entry_id": 1, "by": "a@b"}))
    assert '"by": "a@b"' in run("audit", "list", "--about", "user")

"""The loop on the running platform: a prediction becomes drafts, drafts a dataset version, and that a model which names
it. `make loop` shows that it helps."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairway import Fairway
from stack.demo.job import Job
from stack.loop.chips import Chip, Chips
from stack.loop.loop import Loop

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
SHORT = {"epochs": 1, "max_pixels": 2000, "max_minutes": 1, "split_strategy": "chip_holdout"}


def accept_drafts(party: Fairway, campaign_id: int, chips: int) -> list[dict[str, Any]]:
    """A labeller who finds nothing to correct; returns what he has sent."""
    tasks = party.campaigns.lease(campaign_id, chips)
    kept = [[{name: one[name] for name in ("label", "geometry")} for one in task.draft] for task in tasks]
    sent = [{"image_id": task.image_id, "objects": said} for task, said in zip(tasks, kept, strict=True)]
    party.campaigns.submit(campaign_id, sent)
    return sent


def test_a_prediction_becomes_a_model_that_names_its_labels(done: dict, job: Job, tmp_path: Path):
    chips = [Chip(tile, "predict", []) for tile in job.area.predict[:4]]
    loop = Loop(replace(job, overrides=SHORT), Chips([], chips, []), tmp_path)
    loop.upload()
    drafts = loop.pre_annotate(done["prediction"])
    assert 0 < drafts["drafts"] < drafts["features"]
    campaign = loop.campaigns[0]
    unsure = {one["image_id"]: one["uncertainty"] for one in job.fairway.campaigns.predictions(campaign)}
    sent = accept_drafts(loop.party, campaign, len(chips))
    assert [unsure[one["image_id"]] for one in sent] == sorted(unsure.values(), reverse=True)
    job.fairway.campaigns.review(campaign, [{"image_id": one["image_id"], "accepted": True} for one in sent])
    dataset = loop.compose()
    assert dataset.object_count == sum(len(one["objects"]) for one in sent)
    trained = loop.train(done["base"], dataset)
    assert trained.manifest_sha256 == dataset.manifest_sha256
    told = [row.message for row in job.fairway.notifications.all()]
    assert any(f"“{dataset.title}” is ready: 4 images" in text for text in told)

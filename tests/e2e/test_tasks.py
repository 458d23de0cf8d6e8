"""The whole job for the models that answer yes or no, and that draw boxes: on the dataset that a model of outlines has
learned from, since footprints serve all three."""

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from shapely.geometry import box, shape

from stack.demo.demo_area import read_demo_area
from stack.demo.job import Job
from tests.e2e.conftest import Platform, expect_same_features

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
MODELS: dict[str, dict[str, Any]] = {
    "chip_light": {}, "box_unet": {"epochs": 4, "samples_per_epoch": 40, "max_minutes": 2}
}  # fmt: skip
"""Of each plug-in: what makes its training short, where it is not short by itself."""
VILLAGE = read_demo_area(None).name
PROMISED = {"chip_light": {"f1": (0.9, 0.85)}, "box_unet": {}}
"""Of each plug-in: what its metrics reach on the village and on real imagery. A detector reaches nothing in so short a
training: its metrics are only there."""


@dataclass(frozen=True)
class Finished:
    model: str
    job: Job
    item: dict[str, Any]
    base: dict[str, Any]
    files: dict[str, Path]

    @property
    def promised(self) -> dict[str, float]:
        return {name: bars[self.job.area.name != VILLAGE] for name, bars in PROMISED[self.model].items()}

    @property
    def metrics(self) -> set[str]:
        """Names of those that the base model says it has."""
        return {entry["key"] for entry in self.item["properties"]["fair:metrics_spec"]}

    @property
    def features(self) -> list[dict[str, Any]]:
        return json.loads(self.files["geojson"].read_text())["features"]


@pytest.fixture(scope="module", params=MODELS)
def finished(request: pytest.FixtureRequest, done: dict, job: Job, platform: Platform, tmp_path_factory) -> Finished:
    model = request.param
    if model == "box_unet":
        pytest.importorskip("torch", reason="torch is not in the workspace: models/box_unet/requirements.txt")
    ours = replace(job, model=model, overrides=MODELS[model])
    base = ours.register()
    training = ours.train(base, done["dataset"])
    item_id = ours.fairway.trainings.publish(training.id)
    ours.publish(done["dataset"], item_id)
    prediction = ours.predict(item_id)
    files = ours.download(prediction, tmp_path_factory.mktemp(model))
    items = (platform.item("local-models", item_id), platform.item("base-models", base.stac_item_id))
    return Finished(model, ours, *items, files)


def test_the_item_says_what_the_model_does_and_how_well(finished: Finished):
    properties = finished.item["properties"]
    metrics, bars = properties["fair:metrics"], finished.promised
    assert properties["mlm:tasks"] == finished.base["properties"]["mlm:tasks"]
    assert finished.metrics <= metrics.keys()
    assert {name: metrics[name] for name in bars if metrics[name] < bars[name]} == {}


def test_what_the_validation_chips_tell_is_what_predicts(finished: Finished):
    given = finished.base["properties"]["mlm:hyperparameters"]
    found = finished.item["properties"]["mlm:hyperparameters"]
    learnt = [name for name in found if name.startswith("inference.calibration_") and found[name] != given[name]]
    assert learnt, "the calibration"
    assert "inference.confidence_threshold" in found


def test_the_item_shows_how_often_the_model_is_right(finished: Finished):
    plot = httpx.get(finished.item["assets"]["reliability"]["href"], timeout=30, follow_redirects=True)
    assert plot.raise_for_status().content.startswith(b"\x89PNG")
    assert 0 <= finished.item["properties"]["fair:metrics"]["calibration_error"] < 0.5


def test_results_are_of_their_kind(finished: Finished):
    """A heat map of all cells that have imagery; boxes with sides from north to south and from west to east."""
    assert finished.features
    assert all(0 <= feature["properties"]["confidence"] <= 1 for feature in finished.features)
    if finished.model == "chip_light":
        answers = Counter(feature["properties"]["label"] for feature in finished.features)
        every = len(finished.job.area.predict) * 64
        assert answers.total() == every or (answers.total() < every and finished.job.area.name != VILLAGE)
        assert set(answers) == {"building", "no_building"}
    else:
        found = [shape(feature["geometry"]) for feature in finished.features]
        assert all(one.symmetric_difference(box(*one.bounds)).area < 1e-3 * one.area for one in found)
    expect_same_features(finished.files)


def test_the_model_answers_at_once(finished: Finished, platform: Platform):
    found = platform.ask_live(finished.job, finished.base, {"confidence_threshold": 0.5})
    if finished.model == "chip_light":  # the untrained detector sees no boxes that anybody knows beforehand
        assert len(found["features"]) == len(finished.features)


def test_the_client_shows_its_metrics(finished: Finished):
    [training, *_] = finished.job.fairway.trainings.all()
    assert finished.metrics <= set(training.metrics or ())

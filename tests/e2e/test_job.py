"""The whole job of a mapper, through the gateway and over the bus, on real imagery where it is there."""

import json

import pytest
from shapely.geometry import shape

from stack.demo.job import Job
from stack.platform.models import introduce
from tests.e2e.conftest import Platform, expect_same_features

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]


TOLD = (
    "is registered", "is ready: 32 chips", "has started", "is completed", "is published", "features from 16 tiles",
)  # fmt: skip


def test_every_row_ended_well(done: dict):
    assert done["base"].status == "active"
    assert done["dataset"].status == "built"
    assert done["training"].status == "completed"
    assert done["prediction"].results_ready


def test_model_that_ships_is_introduced_once(done: dict, job: Job):
    seen = done["base"].last_modified
    introduce(job.home)
    [row] = [row for row in job.fairway.base_models.all() if row.name == "rooftop-light"]
    assert row.last_modified == seen


def test_results_are_clean_polygons_on_the_predicted_tiles(done: dict, job: Job):
    west, south, east, north = job.area.predict_box()
    features = json.loads(done["files"]["geojson"].read_text())["features"]
    assert len(features) > 20
    for feature in features:
        polygon = shape(feature["geometry"])
        assert polygon.is_valid
        assert 0 < feature["properties"]["confidence"] <= 1
        assert west - 1e-4 <= polygon.bounds[0] <= polygon.bounds[2] <= east + 1e-4
        assert south - 1e-4 <= polygon.bounds[1] <= polygon.bounds[3] <= north + 1e-4


def test_three_formats_agree(done: dict):
    expect_same_features(done["files"])


def test_the_model_learned_something(done: dict, platform: Platform):
    metrics = platform.item("local-models", done["item"])["properties"]["fair:metrics"]
    assert metrics["building_iou"] >= 0.5
    assert metrics["mean_iou"] >= 0.5


@pytest.mark.spec("21.5", "live inference")
@pytest.mark.spec("18.8", "reconcile_knative")
def test_the_model_answers_where_its_item_says(done: dict, job: Job, platform: Platform):
    base = platform.item("base-models", done["base"].stac_item_id)
    assert platform.ask_live(job, base, {"confidence_threshold": 0.5})["type"] == "FeatureCollection"


def test_losses_were_recorded(done: dict, job: Job):
    epochs = job.fairway.trainings.epochs(done["training"].id)
    assert [epoch.epoch for epoch in epochs] == list(range(1, len(epochs) + 1))
    assert len(epochs) >= 2
    assert all(0 < epoch.values["train_loss"] < 5 for epoch in epochs)


def test_logs_are_there(done: dict, job: Job):
    assert job.fairway.trainings.logs(done["training"].zenml_run_id, tail=5)


def test_the_mapper_was_told(done: dict, job: Job):
    messages = [row.message for row in job.fairway.notifications.all()]
    for words in (
        "is registered",
        "is ready: 32 chips",
        "has started",
        "is completed",
        "is published",
        "features from 16 tiles",
    ):
        assert any(words in message for message in messages), words


def test_cancelled_training_can_be_tried_again(done: dict, job: Job):
    training = job.fairway.trainings.submit(
        base_model_stac_id=done["base"].stac_item_id, dataset_stac_id=done["dataset"].stac_id, model_name="stopped",
    )  # fmt: skip
    job.fairway.trainings.cancel(training.id)
    from fairway.errors import OperationFailed

    with pytest.raises(OperationFailed):
        job.fairway.wait(job.fairway.trainings, "training_id", training.id, limit=120)
    assert job.fairway.trainings.get(training.id).status == "stopped"
    again = job.fairway.trainings.retry(training.id)
    assert again.status == "initializing"
    job.fairway.trainings.cancel(training.id)


def test_nobody_tried_what_he_may_not_do_on_the_bus(done: dict, platform: Platform):
    assert platform.refused() == []

from dataclasses import replace

import pytest
from pydantic import ValidationError

from training.runs.jobs.claim import Claim
from training.runs.jobs.run_spec import spec_of
from training.settings import Settings
from training.submissions.domain import (
    BaseModelSummary,
    DatasetSummary,
    base_model_summary,
    field_errors,
    incompatibilities,
    plan,
    unique,
)
from training.submissions.hyperparameters import Declared

BASE = BaseModelSummary(
    "toy", "models.toy.pipeline:predict", "s3://b/w.npz", ["building", "polygon"], ["semantic-segmentation"], 3,
    ["ground", "building", "rim"],
)  # fmt: skip
DATA = DatasetSummary(
    "village-1", "s3://b/chips/", "s3://b/l.geojson", ["building"], ["instance-segmentation"], "polygon"
)
DECLARED = Declared(
    {"training.epochs": 5, "training.rate": 0.1, "training.extra": "x", "inference.threshold": 0.5},
    [
        {"key": "epochs", "type": "int", "min": 1, "max": 500},
        {"key": "rate", "type": "float", "min": 1e-7, "max": 1},
        {"key": "adapt", "type": "bool", "default": True},
        {"key": "optimizer", "type": "str", "values": ["Adam", "SGD"]},
        {"key": "threshold", "type": "float"},
    ],
)


def test_keywords_keep_their_first_positions():
    assert unique(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]


@pytest.mark.spec("7.3", "dataset_stac_id")
def test_texts_at_fault_are_named_by_field():
    wrong = field_errors("x" * 201, "", "#", "t" * 201, ["k" * 81])
    assert set(wrong) == {"base_model_stac_id", "dataset_stac_id", "model_name", "title", "keywords"}
    assert field_errors("x" * 200, "d", "m", "t" * 200, ["k" * 80]) == {}


def test_compatible_by_mapped_task():
    assert incompatibilities(BASE, DATA) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"keywords": ["tree"]}, "keyword"),
        ({"label_tasks": ["classification"]}, "tasks"),
        ({"geometry_type": "line"}, "geometries"),
    ],
)
def test_incompatible(change, word):
    [reason] = incompatibilities(BASE, DatasetSummary(**{**DATA.__dict__, **change}))
    assert word in reason


@pytest.mark.parametrize(("metres", "fits"), [(2.4, False), (1.2, True), (0.3, True), (None, True)])
def test_a_dataset_that_is_too_coarse_for_the_model_does_not_fit(metres, fits):
    base, data = replace(BASE, coarsest_imagery=1.2), replace(DATA, metres_per_pixel=metres)
    reasons = incompatibilities(base, data)
    assert (reasons == []) == fits
    assert all("2.4 m wide; this model reads imagery of 1.2 m" in reason for reason in reasons)
    assert incompatibilities(BASE, data) == [], "a model that takes everything"


@pytest.mark.parametrize(
    "overrides",
    [{}, {"epochs": 1}, {"epochs": 500}, {"rate": 1}, {"adapt": False}, {"optimizer": "SGD"}, {"extra": "y"}],
)
def test_overrides_as_declared(overrides):
    assert DECLARED.complaints(overrides, {}) == []


@pytest.mark.spec("21.4", "hyper-parameter overrides")
@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"epochs": True}, "must be an integer"),
        ({"epochs": 1.0}, "must be an integer"),
        ({"epochs": "5"}, "must be an integer"),
        ({"epochs": 0}, "must not be less than 1"),
        ({"epochs": 501}, "must not be greater than 500"),
        ({"rate": float("nan")}, "must be a number"),
        ({"rate": True}, "must be a number"),
        ({"adapt": 1}, "must be true or false"),
        ({"optimizer": "Lion"}, "must be one of Adam, SGD"),
        ({"extra": 3}, "must be a text"),
        ({"epoch": 3}, "is not a training hyper-parameter"),
        ({"threshold": 0.3}, "is not a training hyper-parameter"),
    ],
)
def test_overrides_not_as_declared(overrides, words):
    [complaint] = DECLARED.complaints(overrides, {})
    assert complaint.startswith(f"{next(iter(overrides))}: ")
    assert words in complaint


def test_caps_of_the_server_hold_for_defaults_too():
    assert DECLARED.complaints({}, {"epochs": 4}) == ["epochs: must not be greater than 4 on this server."]
    assert DECLARED.complaints({"epochs": 3}, {"epochs": 4, "batch_size": 8}) == []


def test_plan_is_what_the_pipeline_takes():
    made = plan(BASE, DATA, "hill-top", DECLARED.merged({"epochs": 9}))
    assert made.module == "models.toy.pipeline"
    assert made.parameters["hyperparameters"] == {"epochs": 9, "rate": 0.1, "extra": "x"}
    assert made.step_parameters["train_model"]["dataset_id"] == "village-1"
    assert made.tags == ["model:hill-top", "base-model:toy", "dataset:village-1"]


FACTS = {
    "entrypoint": "models.toy.pipeline:predict", "checkpoint_uri": "s3://b/w.npz", "keywords": ["building"],
    "tasks": ["semantic-segmentation"], "num_classes": 3, "class_names": ["ground", "building", "rim"],
}  # fmt: skip
ON_GPU = {"image": "registry.example/toy:v1", "accelerator": "cuda", "accelerator_count": 2}


def cluster(**settings):
    return Settings.model_validate({"DATABASE_URL": "postgresql://h/d", "NATS__URL": "nats://h", **settings})


def spec(facts, **settings):
    """Of a training with that base model, its plan having been in the database."""
    kept = plan(base_model_summary("toy", facts), DATA, "roofs", {"epochs": 3}).as_json()
    claim = Claim("running", "roofs", kept, {"epochs": 3}, None)
    return spec_of("run-1-1", claim, cluster(**settings), 7)


def test_a_run_asks_for_its_models_image_and_accelerator():
    made = spec({**FACTS, **ON_GPU}, FAIR_LABEL_DOMAIN="maps.example")
    pods = {step: given["orchestrator.kubernetes"]["pod_settings"] for step, given in made.step_settings.items()}
    assert made.settings == {"docker": {"parent_image": "registry.example/toy:v1", "skip_build": True}}
    assert list(pods) == ["train_model", "evaluate_model"]
    assert pods["train_model"]["node_selectors"] == {"maps.example/training": "true"}
    assert pods["train_model"]["resources"] == {
        "requests": {"memory": "2Gi", "nvidia.com/gpu": "2"}, "limits": {"memory": "2.5Gi", "nvidia.com/gpu": "2"},
    }  # fmt: skip
    assert (made.parameters["hyperparameters"], made.tags[0]) == ({"epochs": 3}, "model:roofs")


def test_a_run_of_a_model_that_names_no_image_takes_the_stacks():
    made = spec(FACTS)
    assert made.settings == {}
    assert "nvidia" not in str(made.step_settings)


def test_the_plan_of_a_run_from_before_needs_were_kept_still_runs():
    kept = plan(base_model_summary("toy", FACTS), DATA, "roofs", {}).as_json()
    del kept["needs"]
    assert spec_of("run-1-1", Claim("running", "roofs", kept, {}, None), cluster(), 7).settings == {}


def test_amounts_of_training_win_over_those_for_both():
    both = {"FAIR_K8S_MEMORY_REQUEST": "3Gi", "FAIR_K8S_CPU_LIMIT": "4", "FAIR_TRAINING_MEMORY_REQUEST": "5Gi"}
    settings = cluster(**both)
    assert (settings.memory_request, settings.memory_limit, settings.cpu_limit) == ("5Gi", "2.5Gi", "4")
    with pytest.raises(ValidationError):
        cluster(FAIR_TRAINING_MEMORY_LIMIT="a lot")

"""The four steps as plain functions on a toy data set."""

import json

import numpy as np
import pytest
from models.rooftop_light import checkpoint, pipeline
from models.rooftop_light.make_base import make_base

from geoml import report
from geoml.session import open_session, run

VALUES = {"epochs": 3, "max_pixels": 6000, "batch_size": 128, "val_ratio": 0.34, "split_seed": 1}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return make_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def data(generate_toy_dataset):
    return str(generate_toy_dataset["chips"]), str(generate_toy_dataset["labels"])


@pytest.fixture(scope="module")
def split(data):
    return pipeline.split_dataset.entrypoint(*data, VALUES)


@pytest.fixture(scope="module")
def trained(data, base, split):
    return pipeline.train_model.entrypoint(*data, str(base["checkpoint"]), VALUES, split)


def test_split_dataset(split):
    assert (split["train_count"], split["val_count"]) == (4, 2)
    assert not set(split["train_chips"]) & set(split["val_chips"])


def test_train_model(trained):
    assert len(checkpoint.load(trained).weights) == 3


def test_evaluate_model(data, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, VALUES, split)
    assert metrics["building_iou"] > 0.85
    assert metrics["object_f1"] > 0.8


def test_evaluation_looks_at_validation_chips_only(data, trained, split, tmp_path):
    """Defect 3. Chips of the training side may be gone."""
    chips = tmp_path / "chips"
    chips.mkdir()
    for name in split["val_chips"]:
        (chips / name).symlink_to(f"{data[0]}/{name}")
    metrics = pipeline.evaluate_model.entrypoint(trained, str(chips), data[1], VALUES, split)
    assert metrics == pipeline.evaluate_model.entrypoint(trained, *data, VALUES, split)


def test_export_onnx(trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, VALUES))
    answer = run(session, np.zeros((2, 3, 64, 96), np.float32))
    assert answer.shape == (2, 3, 64, 96)
    assert answer.sum(axis=1) == pytest.approx(np.ones((2, 64, 96)), abs=1e-5)


def test_training_is_reproducible(data, base, split, trained):
    again = pipeline.train_model.entrypoint(*data, str(base["checkpoint"]), VALUES, split)
    left, right = checkpoint.load(again), checkpoint.load(trained)
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(left.weights, right.weights, strict=True))


def test_training_can_go_on_from_its_own_checkpoint(data, split, trained, tmp_path):
    (tmp_path / "own.npz").write_bytes(trained)
    more = pipeline.train_model.entrypoint(*data, str(tmp_path / "own.npz"), VALUES | {"adapt_filters": False}, split)
    assert np.array_equal(checkpoint.load(more).bank.kernels, checkpoint.load(trained).bank.kernels)


def test_frozen_layers_stay_as_they_are(data, split, trained, tmp_path):
    (tmp_path / "own.npz").write_bytes(trained)
    values = VALUES | {"freeze_layers": True, "epochs": 1, "learning_rate": 1e-5}
    more = checkpoint.load(pipeline.train_model.entrypoint(*data, str(tmp_path / "own.npz"), values, split))
    before = checkpoint.load(trained)
    assert np.array_equal(more.bank.kernels, before.bank.kernels)
    assert np.array_equal(more.mean, before.mean)
    assert not np.array_equal(more.weights[0], before.weights[0])
    assert np.allclose(more.weights[0], before.weights[0], atol=0.01), "it goes on from the checkpoint"


@pytest.mark.parametrize("damage", [b"", b"\x80\x04pickle", b"PK\x03\x04zip"])
def test_a_wrong_checkpoint_is_an_error(data, split, tmp_path, damage):
    """Defect 11: wrong base weights trained from noise without an error."""
    (tmp_path / "base.npz").write_bytes(damage)
    with pytest.raises(ValueError, match="checkpoint"):
        pipeline.train_model.entrypoint(*data, str(tmp_path / "base.npz"), VALUES, split)


def test_another_models_arrays_are_an_error(data, split, tmp_path):
    np.savez(tmp_path / "base.npz", weights0=np.zeros((4, 4)))
    with pytest.raises(ValueError, match="checkpoint"):
        pipeline.train_model.entrypoint(*data, str(tmp_path / "base.npz"), VALUES, split)


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"epochs": True}, {"learning_rate": "fast"}, {"val_ratio": 0.9}])
def test_values_outside_the_declared_ranges_are_an_error(data, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        pipeline.split_dataset.entrypoint(*data, VALUES | wrong)


def test_epochs_are_reported_and_the_run_can_be_cancelled(data, base, split, tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    (tmp_path / "report.cancel").touch()
    with pytest.raises(report.Cancelled):
        pipeline.train_model.entrypoint(*data, str(base["checkpoint"]), VALUES, split)
    (line,) = [json.loads(text) for text in (tmp_path / "report").read_text().splitlines()]
    assert (line["type"], line["epoch"], line["epochs"]) == ("epoch", 1, 3)

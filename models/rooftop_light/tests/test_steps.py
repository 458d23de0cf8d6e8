"""The four steps as plain functions on a toy dataset."""

import numpy as np
import pytest
from models.rooftop_light.training import LIGHT

from geoml.plugin_tests import StepTests
from geoml.session import open_session, run


class TestRooftopLight(StepTests):
    pass


@pytest.fixture(scope="module")
def trained(train):
    return train()


def test_split_dataset(split):
    assert (split["train_count"], split["val_count"]) == (4, 2)
    assert not set(split["train_chips"]) & set(split["val_chips"])
    assert split["outcome"] == {"wanted": 6, "done": 6, "left_out": [], "altered": []}


def test_train_model(trained):
    assert len(LIGHT.read(trained).weights) == 3


def test_evaluate_model(pipeline, data, values, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, values, split)
    assert metrics["building_iou"] > 0.85
    assert metrics["object_f1"] > 0.8


def test_evaluation_looks_at_validation_chips_only(pipeline, data, values, trained, split, tmp_path):
    """Defect 3. Chips of the training side may be gone."""
    chips = tmp_path / "chips"
    chips.mkdir()
    for name in split["val_chips"]:
        (chips / name).symlink_to(f"{data[0]}/{name}")
    metrics = pipeline.evaluate_model.entrypoint(trained, str(chips), data[1], values, split)
    assert metrics == pipeline.evaluate_model.entrypoint(trained, *data, values, split)


def test_export_onnx(pipeline, values, trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, values))
    answer = run(session, np.zeros((2, 3, 64, 96), np.float32))
    assert answer.shape == (2, 3, 64, 96)
    assert answer.sum(axis=1) == pytest.approx(np.ones((2, 64, 96)), abs=1e-5)


def test_training_is_reproducible(train, trained):
    left, right = LIGHT.read(train()), LIGHT.read(trained)
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(left.weights, right.weights, strict=True))


def test_training_can_go_on_from_its_own_checkpoint(train, trained, tmp_path):
    (tmp_path / "own.npz").write_bytes(trained)
    more = train(tmp_path / "own.npz", adapt_filters=False)
    assert np.array_equal(LIGHT.read(more).bank.kernels, LIGHT.read(trained).bank.kernels)


def test_frozen_layers_stay_as_they_are(train, trained, tmp_path):
    (tmp_path / "own.npz").write_bytes(trained)
    more = LIGHT.read(train(tmp_path / "own.npz", freeze_layers=True, epochs=1, learning_rate=1e-5))
    before = LIGHT.read(trained)
    assert np.array_equal(more.bank.kernels, before.bank.kernels)
    assert np.array_equal(more.mean, before.mean)
    assert not np.array_equal(more.weights[0], before.weights[0])
    assert np.allclose(more.weights[0], before.weights[0], atol=0.01), "it goes on from the checkpoint"


def test_another_models_arrays_are_an_error(train, tmp_path):
    np.savez(tmp_path / "base.npz", weights0=np.zeros((4, 4)))
    with pytest.raises(ValueError, match="checkpoint"):
        train(tmp_path / "base.npz")

"""The four steps as plain functions on a toy dataset."""

import numpy as np
import pytest
from models.chip_light.training import LIGHT

from geoml.plugin_tests import StepTests
from geoml.session import open_session, run


class TestChipLight(StepTests):
    pass


@pytest.fixture(scope="module")
def trained(train):
    return train()


def test_split_dataset(split):
    assert len(split["train_chips"]) == 4
    assert len(split["val_chips"]) == 2


def test_train_model(trained):
    assert len(LIGHT.read(trained).weights) == 3


def test_evaluate_model(pipeline, data, values, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, values, split)
    assert metrics["f1"] > 0.9
    learnt = {"confidence_threshold", "calibration_slope", "calibration_bias"}
    assert metrics["post_processing"].keys() == learnt


def test_export_onnx(pipeline, values, trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, values))
    found = run(session, np.random.default_rng(0).random((1, 3, 64, 96), np.float32))
    assert found.shape == (1, 3, 64, 96)
    assert found.sum(axis=1) == pytest.approx(np.ones((1, 64, 96)), abs=1e-5)
    assert (np.ptp(found.reshape(3, 4, 16, 6, 16), axis=(2, 4)) < 1e-6).all(), "one value a cell"


def test_a_checkpoint_of_the_model_of_outlines_is_an_error(train, tmp_path):
    from models.rooftop_light.training import base_weights

    (tmp_path / "checkpoint").write_bytes(base_weights())
    with pytest.raises(ValueError, match="chip-light"):
        train(tmp_path / "checkpoint")

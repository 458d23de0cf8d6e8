"""The four steps as plain functions on a toy dataset."""

import numpy as np
import pytest

from geoml.plugin_tests import StepTests
from geoml.session import open_session, run

pytest.importorskip("torch", reason="torch is not in the workspace: models/box_unet/requirements.txt")
pytest.importorskip("onnxscript", reason="onnxscript is not in the workspace: models/box_unet/requirements.txt")

import torch
from models.box_unet.training import UNET

from geoml.unet.augmentation import flip
from geoml.unet.network import CLASSES, DEPTH
from geoml.unet.samples import BoxSampler


class TestBoxUnet(StepTests):
    pass


@pytest.fixture(scope="module")
def trained(train):
    return train(epochs=12, samples_per_epoch=24)


def test_split_dataset(split):
    assert (split["train_count"], split["val_count"]) == (4, 2)


def test_train_model(trained, base):
    before, after = UNET.read(base.read_bytes()), UNET.read(trained)
    assert not torch.equal(before.head.weight, after.head.weight)


def test_evaluate_model(pipeline, data, values, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, values, split)
    assert metrics["map50"] > 0.3
    assert 0 <= metrics["f1"] <= 1
    learnt = {"confidence_threshold", "calibration_slope", "calibration_bias"}
    assert metrics["post_processing"].keys() == learnt


def test_export_onnx(pipeline, values, trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, values))
    found = run(session, np.random.default_rng(0).random((1, 3, 64, 96), np.float32))
    assert found.shape == (1, UNET.outputs, 64, 96)
    assert found[:, :CLASSES].sum(axis=1) == pytest.approx(np.ones((1, 64, 96)), abs=1e-4)
    assert (found[:, CLASSES + DEPTH :] > 0).all(), "distances"


def test_a_checkpoint_of_the_model_of_outlines_is_an_error(train, tmp_path):
    from models.unet.training import UNET as OUTLINES

    from geoml.unet.network import UNet

    (tmp_path / "checkpoint").write_bytes(OUTLINES.save(UNet(8)))
    with pytest.raises(ValueError, match="box-unet"):
        train(tmp_path / "checkpoint")


@pytest.fixture(scope="module")
def tile(pipeline, data, split):
    from geoml.dataset import load_dataset

    dataset = load_dataset(*data)
    sampler = BoxSampler(dataset.layouts(split["train_chips"]), dataset.polygons)
    return next(sampler.all(256))


@pytest.mark.parametrize("orientation", range(8))
def test_boxes_turn_with_the_picture(tile, orientation):
    """From each pixel of a building, its four distances lead to the same box."""
    turned = flip(tile, orientation)
    rows, columns = np.nonzero(turned[:, :, 6:].sum(axis=2))
    left, top, right, bottom = turned[rows, columns, 6:].T
    corners = np.stack([columns - left, rows - top, columns + right, rows + bottom], axis=1)
    rounded = {tuple(corner) for corner in (corners + 2) // 8 * 8}
    assert len(rounded) < 200, "16 boxes, give or take what rounding makes"
    x0, y0, x1, y1 = corners.T
    assert ((turned[:, :, 3] > 0)[rows, columns]).all()
    assert ((x0 <= columns) & (columns <= x1) & (y0 <= rows) & (rows <= y1)).all()

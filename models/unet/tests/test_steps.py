"""The four steps as plain functions on a toy dataset."""

import json

import numpy as np
import pytest

from geoml.plugin_tests import StepTests
from geoml.session import open_session, run

pytest.importorskip("torch", reason="torch is not in the workspace: models/unet/requirements.txt")
pytest.importorskip("onnxscript", reason="onnxscript is not in the workspace: models/unet/requirements.txt")

import torch
from models.unet.training import UNET

from geoml.unet.data_parallel import DataParallel
from geoml.unet.network import ENCODERS, Probabilities, UNet


class TestUnet(StepTests):
    pass


@pytest.fixture(scope="module")
def trained(train):
    return train(epochs=12, samples_per_epoch=12)


def test_split_dataset(split):
    assert (split["train_count"], split["val_count"]) == (4, 2)


def test_train_model(trained, base):
    before, after = UNET.read(base.read_bytes()), UNET.read(trained)
    assert not torch.equal(before.head.weight, after.head.weight)


def test_one_seed_gives_the_same_weights_twice(train):
    first, second = (UNET.read(train()).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_another_seed_gives_other_weights(train):
    first, second = (UNET.read(train(split_seed=seed)).state_dict() for seed in (1, 2))
    assert not torch.equal(first["head.weight"], second["head.weight"])


def test_frozen_layers_stay_as_they_are(train, base):
    frozen = train(freeze_layers=True)
    before, after = (UNET.read(content).state_dict() for content in (base.read_bytes(), frozen))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"up", "join", "head"}


def test_evaluate_model(pipeline, data, values, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, values, split)
    assert metrics["building_iou"] > 0.6
    assert 0 <= metrics["object_f1"] <= 1


def test_export_onnx(pipeline, values, trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, values))
    image = np.random.default_rng(0).random((2, 3, 64, 96), np.float32)
    with torch.inference_mode():
        expected = Probabilities(UNET.read(trained))(torch.from_numpy(image)).numpy()
    assert run(session, image) == pytest.approx(expected, abs=1e-4)


def test_weights_of_another_network_are_an_error(tmp_path):
    torch.save({"format": UNET.format, "width": 8, "state": UNet(16).state_dict()}, tmp_path / "base.pt")
    with pytest.raises(ValueError, match="does not fit"):
        UNET.read((tmp_path / "base.pt").read_bytes())


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "trap"), "w")

    torch.save({"format": UNET.format, "width": Trap()}, tmp_path / "base.pt")
    with pytest.raises(ValueError, match="checkpoint"):
        UNET.read((tmp_path / "base.pt").read_bytes())
    assert not (tmp_path / "trap").exists()


def test_the_time_limit_ends_training(train, tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    train(epochs=500, max_minutes=0.01)
    last = json.loads((tmp_path / "report").read_text().splitlines()[-1])
    assert last["done"] == 1.0
    assert last["epoch"] < 500


@pytest.mark.parametrize("encoder", ENCODERS)
def test_parallel_parts_have_the_gradient_of_the_whole_batch(encoder):
    torch.manual_seed(0)
    network, images = UNet(8, encoder=encoder).double(), torch.rand(4, 3, 32, 32, dtype=torch.double)

    def loss(own, part):
        own.eval()
        return own(part).square().mean()

    with DataParallel(network, 2) as workers:
        total = workers.backward(loss, images.chunk(2))
    shared = [p.grad.clone() for p in network.parameters()]
    network.zero_grad()
    whole = loss(network, images)
    whole.backward()
    assert total == pytest.approx(whole.item())
    assert all(torch.allclose(a, p.grad) for a, p in zip(shared, network.parameters(), strict=True))

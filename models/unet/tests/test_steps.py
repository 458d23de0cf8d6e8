"""The four steps as plain functions on a toy data set."""

import json
from pathlib import Path

import numpy as np
import pytest

from geoml import report
from geoml.session import open_session, run

pytest.importorskip("torch", reason="torch is not in the workspace: models/unet/requirements.txt")
pytest.importorskip("onnxscript", reason="onnxscript is not in the workspace: models/unet/requirements.txt")

import torch
from models.unet import checkpoint, pipeline
from models.unet.crew import Crew
from models.unet.network import UNet

VALUES = {"epochs": 2, "batch_size": 2, "samples_per_epoch": 6, "learning_rate": 0.01, "val_ratio": 0.34}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A thin network learns the toy colours in seconds."""
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("base") / "checkpoint.pt"
    file.write_bytes(checkpoint.save(UNet(8)))
    return str(file)


@pytest.fixture(scope="module")
def data(generate_toy_dataset):
    return str(generate_toy_dataset["chips"]), str(generate_toy_dataset["labels"])


@pytest.fixture(scope="module")
def split(data):
    return pipeline.split_dataset.entrypoint(*data, VALUES)


@pytest.fixture(scope="module")
def trained(data, base, split):
    return pipeline.train_model.entrypoint(*data, base, VALUES | {"epochs": 12, "samples_per_epoch": 12}, split)


def test_split_dataset(split):
    assert (split["train_count"], split["val_count"]) == (4, 2)


def test_train_model(trained, base):
    before, after = checkpoint.load(Path(base).read_bytes()), checkpoint.load(trained)
    assert not torch.equal(before.head.weight, after.head.weight)


def test_frozen_layers_stay_as_they_are(data, base, split):
    frozen = pipeline.train_model.entrypoint(*data, base, VALUES | {"freeze_layers": True}, split)
    before, after = (checkpoint.load(content).state_dict() for content in (Path(base).read_bytes(), frozen))
    changed = {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"up", "join", "head"}


def test_evaluate_model(data, trained, split):
    metrics = pipeline.evaluate_model.entrypoint(trained, *data, VALUES, split)
    assert metrics["building_iou"] > 0.6
    assert 0 <= metrics["object_f1"] <= 1


def test_export_onnx(trained):
    session = open_session(pipeline.export_onnx.entrypoint(trained, VALUES))
    image = np.random.default_rng(0).random((2, 3, 64, 96), np.float32)
    with torch.inference_mode():
        expected = checkpoint.load(trained)(torch.from_numpy(image)).softmax(1).numpy()
    assert run(session, image) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("damage", [b"", b"\x80\x04pickle", b"PK\x03\x04zip"])
def test_a_wrong_checkpoint_is_an_error(data, split, tmp_path, damage):
    """Defect 11: wrong base weights trained from noise without an error."""
    (tmp_path / "base.pt").write_bytes(damage)
    with pytest.raises(ValueError, match="checkpoint"):
        pipeline.train_model.entrypoint(*data, str(tmp_path / "base.pt"), VALUES, split)


def test_weights_of_another_network_are_an_error(tmp_path):
    torch.save({"format": checkpoint.FORMAT, "width": 8, "state": UNet(16).state_dict()}, tmp_path / "base.pt")
    with pytest.raises(ValueError, match="does not fit"):
        checkpoint.load((tmp_path / "base.pt").read_bytes())


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "trap"), "w")

    torch.save({"format": checkpoint.FORMAT, "width": Trap()}, tmp_path / "base.pt")
    with pytest.raises(ValueError, match="checkpoint"):
        checkpoint.load((tmp_path / "base.pt").read_bytes())
    assert not (tmp_path / "trap").exists()


def test_epochs_are_reported_and_the_run_can_be_cancelled(data, base, split, tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    (tmp_path / "report.cancel").touch()
    with pytest.raises(report.Cancelled):
        pipeline.train_model.entrypoint(*data, base, VALUES, split)
    (line,) = [json.loads(text) for text in (tmp_path / "report").read_text().splitlines()]
    assert (line["type"], line["epoch"], line["epochs"]) == ("epoch", 1, 2)


def test_the_time_limit_ends_training(data, base, split, tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRWAY_REPORT", str(tmp_path / "report"))
    pipeline.train_model.entrypoint(*data, base, VALUES | {"epochs": 500, "max_minutes": 0.01}, split)
    last = json.loads((tmp_path / "report").read_text().splitlines()[-1])
    assert last["done"] == 1.0
    assert last["epoch"] < 500


def test_a_crew_has_the_gradient_of_the_whole_batch():
    torch.manual_seed(0)
    network, images = UNet(8).double(), torch.rand(4, 3, 32, 32, dtype=torch.double)

    def loss(own, part):
        own.eval()
        return own(part).square().mean()

    with Crew(network, 2) as crew:
        total = crew.backward(loss, images.chunk(2))
    shared = [p.grad.clone() for p in network.parameters()]
    network.zero_grad()
    whole = loss(network, images)
    whole.backward()
    assert total == pytest.approx(whole.item())
    assert all(torch.allclose(a, p.grad) for a, p in zip(shared, network.parameters(), strict=True))

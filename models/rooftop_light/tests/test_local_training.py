"""The command that trains without a server, as a person calls it."""

import json
import sys

import pytest
from models.rooftop_light.training import base_weights

from geoml import local_training


@pytest.fixture
def command(generate_toy_dataset, tmp_path, monkeypatch):
    """`command(*arguments)`; what it makes lies in `tmp_path / "out"`."""
    folder = tmp_path / "data"
    (folder / "train" / "osm").mkdir(parents=True)
    (folder / "train" / "oam").symlink_to(generate_toy_dataset["chips"])
    (folder / "train" / "osm" / "labels.geojson").symlink_to(generate_toy_dataset["labels"])

    def run(*arguments):
        fixed = ["models.rooftop_light", "--data", str(folder), "--epochs", "3", "--out", str(tmp_path / "out")]
        monkeypatch.setattr(sys, "argv", ["local_training", *fixed, *arguments])
        local_training.main()

    return run


def test_it_trains_and_leaves_model_map_and_plot(command, tmp_path, capsys):
    command()
    out = tmp_path / "out"
    left = {"checkpoint", "model.onnx", "map.png", "reliability.png", "post_processing.json"}
    assert {path.name for path in out.iterdir()} == left
    assert json.loads((out / "post_processing.json").read_text()) == {}, "a single chip tells nothing"
    assert "processor seconds" in capsys.readouterr().out


def test_it_starts_from_the_weights_that_are_named(command, tmp_path, monkeypatch):
    seen, given = [], tmp_path / "weights"
    given.write_bytes(base_weights() + b" ")
    monkeypatch.setattr(local_training, "train", lambda plugin, weights, *_: seen.append(weights) or base_weights())
    command("--weights", str(given))
    command()
    assert seen == [base_weights() + b" ", base_weights()]

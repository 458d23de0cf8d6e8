"""The command that trains without a server, as a person calls it."""

import json
import sys

from geoml import local_training


def test_it_trains_and_leaves_model_map_and_plot(generate_toy_dataset, tmp_path, monkeypatch, capsys):
    folder, out = tmp_path / "data", tmp_path / "out"
    (folder / "train" / "osm").mkdir(parents=True)
    (folder / "train" / "oam").symlink_to(generate_toy_dataset["chips"])
    (folder / "train" / "osm" / "labels.geojson").symlink_to(generate_toy_dataset["labels"])
    command = ["local_training", "models.rooftop_light", "--data", str(folder), "--epochs", "3", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", command)
    local_training.main()
    left = {"checkpoint", "model.onnx", "map.png", "reliability.png", "post_processing.json"}
    assert {path.name for path in out.iterdir()} == left
    assert json.loads((out / "post_processing.json").read_text()) == {}, "a single chip tells nothing"
    assert "processor seconds" in capsys.readouterr().out

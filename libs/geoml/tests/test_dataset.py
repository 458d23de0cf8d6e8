"""A training set with chips that cannot be used."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shapely import Polygon

from geoml.dataset import load_dataset


@pytest.fixture
def labels(tmp_path: Path) -> str:
    file = tmp_path / "labels.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    return str(file)


def test_chips_that_cannot_be_read_are_left_out_with_their_reason(paint, labels):
    folder = paint([Polygon([(20, 20), (90, 20), (90, 90), (20, 90)])], columns=3)
    for number in range(7):
        (folder / f"OAM-{400000 + number}-220241-19.tif").write_bytes(b"<html>not found</html>")
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(folder / "photo.png")
    dataset = load_dataset(str(folder), labels)
    assert len(dataset.names) == 3
    outcome = dataset.outcome()
    assert (outcome["wanted"], outcome["done"], outcome["altered"]) == (11, 3, [])
    damaged, elsewhere = outcome["left_out"]
    assert damaged["reason"] == "The chip cannot be used: not a readable TIFF, PNG or JPEG."
    assert (damaged["count"], damaged["examples"][0], len(damaged["examples"])) == (7, "OAM-400000-220241-19.tif", 5)
    assert (elsewhere["count"], elsewhere["examples"]) == (1, ["photo.png"])


def test_set_without_a_usable_chip_is_refused_with_the_reason(tmp_path, labels):
    (tmp_path / "chips").mkdir()
    (tmp_path / "chips" / "OAM-386690-220241-19.tif").write_bytes(b"gone")
    with pytest.raises(ValueError, match=r"None of the 1 chips can be used\. The chip cannot be used: not a readable"):
        load_dataset(str(tmp_path / "chips"), labels)

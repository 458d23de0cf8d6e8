"""What an item tells of trained weights: source, licence, hash."""

import hashlib

import pytest

from geoml import pretrained_item as made
from geoml.plugin import Plugin
from geoml.pretrained_item import Origin, origin_of

ORIGIN = Origin("https://weights.example", "Apache-2.0")


@pytest.fixture
def files(tmp_path):
    for name in ("weights.pth", "checkpoint.pt", "model.onnx"):
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def item(files):
    assets = {"checkpoint": files / "checkpoint.pt", "model": files / "model.onnx"}
    return made.pretrained_item(Plugin("models.unet").item, "Lite0", ORIGIN, files / "weights.pth", assets)


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def test_the_item_tells_source_licence_and_hash(item):
    properties = item["properties"]
    assert properties["mlm:pretrained"] is True
    assert properties["mlm:pretrained_source"] == f"https://weights.example (SHA-256 {digest('weights.pth')})"
    assert properties["license"] == "Apache-2.0"
    assert [link["href"] for link in item["links"] if link["rel"] == "license"] == [
        "https://spdx.org/licenses/Apache-2.0.html"
    ]
    for key, name in (("checkpoint", "checkpoint.pt"), ("model", "model.onnx")):
        assert item["assets"][key]["file:checksum"] == "1220" + digest(name)
        assert item["assets"][key]["file:size"] == len(name)


def test_it_is_another_base_model_of_the_same_plugin(item):
    plain = Plugin("models.unet").item
    assert (item["id"], item["properties"]["mlm:name"]) == ("unet-pretrained", "unet-pretrained")
    assert item["assets"]["checkpoint"]["href"] == "https://models.fairway.example/unet-pretrained/checkpoint.pt"
    for same in ("source-code", "mlm:training", "mlm:inference"):
        assert item["assets"][same] == plain["assets"][same]
    assert item["properties"]["fair:hyperparameters_spec"] == plain["properties"]["fair:hyperparameters_spec"]
    assert plain["properties"]["mlm:pretrained"] is False


def test_unknown_weights_need_words_about_their_origin(files):
    weights = files / "weights.pth"
    with pytest.raises(ValueError, match="--source and --license"):
        origin_of(weights, "https://weights.example", None)
    assert origin_of(weights, "https://weights.example", "Apache-2.0") == ORIGIN


def test_known_weights_need_none(files, monkeypatch):
    monkeypatch.setitem(made.KNOWN, digest("weights.pth"), ORIGIN)
    assert origin_of(files / "weights.pth", None, None) == ORIGIN

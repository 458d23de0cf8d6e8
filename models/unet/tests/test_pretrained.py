"""A base model whose encoder starts from trained weights; here from random ones in the naming of the package."""

import io
import json
import re
import sys

import numpy as np
import pytest

from geoml.session import open_session, run

pytest.importorskip("torch", reason="torch is not in the workspace: models/unet/requirements.txt")
pytest.importorskip("onnxscript", reason="onnxscript is not in the workspace: models/unet/requirements.txt")

import torch
from models.box_unet.training import UNET as BOXES
from models.unet.training import UNET

from geoml.unet import pretrained
from geoml.unet.efficientnet import EfficientNetLite0
from geoml.unet.network import LITE0, PLAIN, Probabilities, UNet

PART = re.compile(r"(?<![a-z_])(?=blocks|bn|conv|expand|depthwise|project|fc)")
OF_THE_PACKAGE = {
    "_conv_stem.weight": (32, 3, 3, 3),
    "_bn0.running_var": (32,),
    "_blocks.0._depthwise_conv.weight": (32, 1, 3, 3),
    "_blocks.3._expand_conv.weight": (144, 24, 1, 1),
    "_blocks.5._bn1.weight": (240,),
    "_blocks.8._depthwise_conv.weight": (480, 1, 5, 5),
    "_blocks.10._project_conv.weight": (112, 672, 1, 1),
}
CLASSIFIER = {
    "_blocks.11._bn2.bias": 192,
    "_blocks.15._bn0.weight": 1152,
    "_conv_head.weight": 1280,
    "_bn1.weight": 1280,
}


def file_of(content) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=False)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def trained():
    """Weights and statistics that no new network has, and the parts of the classifier that are left out."""
    torch.manual_seed(1)
    named = {PART.sub("_", name): value for name, value in EfficientNetLite0().state_dict().items()}
    drawn = {name: value + 0.01 * torch.randn(value.shape) if value.ndim else value for name, value in named.items()}
    return drawn | {name: torch.zeros(9) for name in CLASSIFIER}


@pytest.fixture(scope="module")
def folder(trained, tmp_path_factory):
    """What the command leaves."""
    folder = tmp_path_factory.mktemp("pretrained")
    (folder / "weights.pth").write_bytes(file_of(trained))
    with pytest.MonkeyPatch.context() as patch:
        command = ["pretrained", "models.unet", str(folder / "weights.pth"), str(folder / "out")]
        patch.setattr(sys, "argv", [*command, "--source", "https://weights.example", "--license", "MIT"])
        pretrained.main()
    return folder / "out"


@pytest.fixture(scope="module")
def checkpoint(folder):
    return folder / "checkpoint.pt"


def test_names_and_shapes_are_those_of_the_package(trained):
    assert {name: tuple(trained[name].shape) for name in OF_THE_PACKAGE} == OF_THE_PACKAGE


@pytest.mark.parametrize("training", [UNET, BOXES], ids=["outlines", "boxes"])
def test_the_encoder_has_the_weights_of_the_file(trained, training):
    network = training.read(pretrained.pretrained(training, file_of(trained)))
    own = {PART.sub("_", name): value for name, value in network.encoder.state_dict().items()}
    assert (network.encoder_name, network.outputs) == (LITE0, training.outputs)
    assert all(torch.equal(value, trained[name]) for name, value in own.items())


def test_the_command_leaves_a_base_model_with_its_item(folder):
    item = json.loads((folder / "stac-item.json").read_text())
    assert {path.name for path in folder.iterdir()} == {"checkpoint.pt", "model.onnx", "stac-item.json"}
    assert item["id"] == "unet-pretrained"
    assert item["properties"]["mlm:pretrained_source"].startswith("https://weights.example")
    assert item["assets"]["source-code"]["mlm:entrypoint"] == "models.unet.pipeline:predict"


@pytest.mark.parametrize("size", [(16, 16), (48, 80), (256, 64)])
@pytest.mark.parametrize("encoder", [PLAIN, LITE0])
def test_images_of_any_size_keep_it(encoder, size):
    network = UNet(8, encoder=encoder).eval()
    features = network.encoder(torch.rand(1, 3, *size))
    assert [f.shape[1] for f in features] == network.encoder.channels
    assert [f.shape[2] for f in features] == [size[0] // stride for stride in (2, 4, 8, 16)]
    assert network(torch.rand(1, 3, *size)).shape == (1, 4, *size)


def test_images_are_normalised_as_the_weights_expect():
    """-127/128 for black, 1 for white, as in the pixels that the finest features hold."""
    encoder = EfficientNetLite0().eval()
    seen = [encoder(torch.full((1, 3, 16, 16), value))[0][:, :12] for value in (0.0, 1.0)]
    assert [one.unique().tolist() for one in seen] == [pytest.approx([-127 / 128]), pytest.approx([1.0])]


def test_a_side_that_is_halved_is_padded_at_its_end():
    """The stem sees the first two pixels whole and adds nothing before them, as TensorFlow does."""
    stem = EfficientNetLite0().conv_stem
    image = torch.rand(1, 3, 8, 8)
    corner = (image[:, :, :3, :3] * stem.weight).sum((1, 2, 3))
    assert torch.allclose(stem(image)[0, :, 0, 0], corner, atol=1e-5)


WRONG = {
    "no file of weights": lambda given: b"",
    "a text": lambda given: b"hello world",
    "a list": lambda given: file_of([1, 2]),
    "a checkpoint of ours": lambda given: UNET.save(UNet(8)),
    "a part is missing": lambda given: file_of({k: v for k, v in given.items() if k != "_blocks.4._bn1.weight"}),
    "another shape": lambda given: file_of(given | {"_blocks.3._bn2.weight": torch.zeros(24)}),
    "EfficientNet-B0": lambda given: file_of(given | {"_blocks.2._se_reduce.weight": torch.zeros(6, 144, 1, 1)}),
}


@pytest.mark.parametrize("case", WRONG)
def test_anything_else_is_refused_with_words(trained, case):
    with pytest.raises(ValueError, match="weights"):
        pretrained.pretrained(UNET, WRONG[case](trained))


def test_code_in_the_file_is_not_run(trained, tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "trap"), "w")

    with pytest.raises(ValueError, match="weights"):
        pretrained.pretrained(UNET, file_of(trained | {"_fc.bias": Trap()}))
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(("package", "words"), [("models.unet", "--source"), ("models.rooftop_light", "no U-Net")])
def test_the_command_tells_what_is_wrong(trained, tmp_path, monkeypatch, package, words):
    (tmp_path / "weights.pth").write_bytes(file_of(trained))
    said = ["--source", "https://weights.example", "--license", "MIT"] if words != "--source" else []
    command = ["pretrained", package, str(tmp_path / "weights.pth"), str(tmp_path / "out"), *said]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(SystemExit, match=words):
        pretrained.main()
    assert not (tmp_path / "out").exists()


def changed(before: bytes, after: bytes) -> set[str]:
    former, now = (UNET.read(content).state_dict() for content in (before, after))
    return {name.split(".")[0] for name in former if not torch.equal(former[name], now[name])}


def test_the_plugin_trains_from_it(train, checkpoint):
    result = train(checkpoint)
    assert UNET.read(result).encoder_name == LITE0
    assert changed(checkpoint.read_bytes(), result) == {"encoder", "up", "join", "head"}


def test_a_frozen_encoder_stays_as_it_is(train, checkpoint):
    assert changed(checkpoint.read_bytes(), train(checkpoint, freeze_layers=True)) == {"up", "join", "head"}


def test_the_onnx_file_answers_as_the_network(folder, checkpoint):
    session = open_session((folder / "model.onnx").read_bytes())
    network = Probabilities(UNET.read(checkpoint.read_bytes()))
    for size in ((2, 3, 64, 96), (1, 3, 160, 32)):
        image = np.random.default_rng(0).random(size, np.float32)
        with torch.inference_mode():
            expected = network(torch.from_numpy(image)).numpy()
        assert run(session, image) == pytest.approx(expected, abs=1e-4)


def test_a_checkpoint_that_names_no_encoder_is_read_as_before():
    """As all are that were made before there were two."""
    network = UNet(8).eval()
    content = torch.load(io.BytesIO(UNET.save(network)), weights_only=True)
    names = {name.split(".")[0] for name in content["state"]}
    del content["encoder"]
    buffer, image = io.BytesIO(), torch.rand(1, 3, 32, 32)
    torch.save(content, buffer)
    assert names == {"normalise", "down", "up", "join", "head"}
    assert torch.equal(UNET.read(buffer.getvalue())(image), network(image))


def test_an_unknown_encoder_is_refused():
    content = torch.load(io.BytesIO(UNET.save(UNet(8))), weights_only=True)
    buffer = io.BytesIO()
    torch.save(content | {"encoder": "vgg"}, buffer)
    with pytest.raises(ValueError, match="vgg"):
        UNET.read(buffer.getvalue())

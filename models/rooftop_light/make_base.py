"""Makes the starting point of the model: `python -m models.rooftop_light.make_base OUT_DIR`.

Untrained: the bank is measured on made-up images of smoothed noise (a spectrum that falls with frequency, as that of
photographs does), the perceptron is drawn with a fixed seed. Training measures the bank anew by default.
"""

import sys
from pathlib import Path

import numpy as np
from models.rooftop_light import checkpoint
from models.rooftop_light.bank import CHANNELS, measure
from models.rooftop_light.classifier import Model, to_onnx
from models.rooftop_light.fresh import untrained
from numpy.typing import NDArray
from scipy import ndimage

SEED, IMAGES, SIDE = 20260424, 8, 256


def base_model() -> Model:
    rng = np.random.default_rng(SEED)
    bank = measure([_noise(rng) for _ in range(IMAGES)], SEED)
    return untrained(bank, np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32), SEED)


def make_base(folder: Path) -> dict[str, Path]:
    """Writes `checkpoint.npz` and `model.onnx`; the keys are those of the item's assets."""
    model = base_model()
    folder.mkdir(parents=True, exist_ok=True)
    files = {"checkpoint": folder / "checkpoint.npz", "model": folder / "model.onnx"}
    files["checkpoint"].write_bytes(checkpoint.save(model))
    files["model"].write_bytes(to_onnx(model))
    return files


def _noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Grey noise at six scales and a little colour, [SIDE, SIDE, 3]."""
    grey = sum(2**i * ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 2**i) for i in range(6))
    colour = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE, 3)), (4, 4, 0)) * 2
    return np.clip(128 + 40 * (grey[:, :, None] + colour), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    for key, file in make_base(Path(sys.argv[1])).items():
        print(key, file)

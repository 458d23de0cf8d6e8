"""Models before any training."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoml.light.classifier import CLASSES, Model
from geoml.light.filter_bank import CHANNELS, FilterBank, fit_filter_bank

HIDDEN = (64, 32)
BASE_SEED, IMAGES, SIDE = 20260424, 8, 256


def initial_model(bank: FilterBank, mean: NDArray, spread: NDArray, seed: int) -> Model:
    """Returns a model with random weights, scaled after Glorot and Bengio (2010) as scikit-learn does.

    `mean` and `spread` [CHANNELS] standardise the features.
    """
    rng, sizes = np.random.default_rng(seed), [CHANNELS, *HIDDEN, CLASSES]
    shapes = list(pairwise(sizes))
    weights = [rng.uniform(-1, 1, shape).astype(np.float32) * np.sqrt(6 / sum(shape)) for shape in shapes]
    return Model(
        bank, mean, spread, [w.astype(np.float32) for w in weights], [np.zeros(n, np.float32) for n in sizes[1:]]
    )


def base_model() -> Model:
    """Returns the base model: its filter bank is fitted to generated noise, its perceptron is initial.

    The noise is smoothed, so that its spectrum falls with frequency as that of photographs does. Training fits the
    bank to the training chips by default.
    """
    rng = np.random.default_rng(BASE_SEED)
    bank = fit_filter_bank([_noise(rng) for _ in range(IMAGES)], BASE_SEED)
    return initial_model(bank, np.zeros(CHANNELS, np.float32), np.ones(CHANNELS, np.float32), BASE_SEED)


def _noise(rng: np.random.Generator) -> NDArray[np.uint8]:
    """Grey noise at six scales and a little colour, [SIDE, SIDE, 3]."""
    grey = np.sum([2**i * ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE)), 2**i) for i in range(6)], axis=0)
    colour = ndimage.gaussian_filter(rng.normal(size=(SIDE, SIDE, 3)), (4, 4, 0)) * 2
    return np.clip(128 + 40 * (grey[:, :, None] + colour), 0, 255).astype(np.uint8)

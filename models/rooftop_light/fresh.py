"""A model that has learned nothing yet."""

from itertools import pairwise

import numpy as np
from models.rooftop_light.bank import CHANNELS, Bank
from models.rooftop_light.classifier import CLASSES, Model
from numpy.typing import NDArray

HIDDEN = (64, 32)


def untrained(bank: Bank, mean: NDArray, spread: NDArray, seed: int) -> Model:
    """Weights after Glorot and Bengio (2010), as scikit-learn draws them."""
    rng, sizes = np.random.default_rng(seed), [CHANNELS, *HIDDEN, CLASSES]
    shapes = list(pairwise(sizes))
    weights = [rng.uniform(-1, 1, shape).astype(np.float32) * np.sqrt(6 / sum(shape)) for shape in shapes]
    return Model(
        bank, mean, spread, [w.astype(np.float32) for w in weights], [np.zeros(n, np.float32) for n in sizes[1:]]
    )

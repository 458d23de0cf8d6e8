"""Seamless noise over the whole village: coarse random grids, enlarged for the window that is asked for."""

from functools import lru_cache
from typing import cast

import numpy as np
from PIL import Image

from stack.sandbox.village.georeference import HEIGHT, WIDTH

MARGIN = 40.0
"""metres of noise beyond the village's edge"""


@lru_cache(8)
def _lattice(cell: float, seed: int) -> Image.Image:
    shape = (int((HEIGHT + 2 * MARGIN) / cell) + 2, int((WIDTH + 2 * MARGIN) / cell) + 2)
    return Image.fromarray(np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32))


def window(cell: float, west: float, north: float, side: float, pixels: int) -> np.ndarray:
    """Smooth noise of about unit variance with features of `cell` metres, over a square of that side."""
    left, top = (west + MARGIN) / cell, (north + MARGIN) / cell
    box = (left, top, left + side / cell, top + side / cell)
    return np.asarray(_lattice(cell, int(cell * 100)).resize((pixels, pixels), Image.Resampling.BICUBIC, box=box))


def clouded(west: float, north: float, side: float, pixels: int) -> np.ndarray:
    """Four scales added up: stains, tufts, worn ground."""
    scales = ((0.35, 0.35), (1.1, 0.4), (4.0, 0.4), (17.0, 0.5))
    layers = (weight * window(cell, west, north, side, pixels) for cell, weight in scales)
    return cast("np.ndarray", sum(layers)) / 0.83

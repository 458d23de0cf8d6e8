"""The filter bank: random patch filters behind a whitening, at four scales, each with its local means.

Random projections of whitened patches, rectified and pooled, are close to learned first-layer features while
costing one covariance matrix: Coates, Lee, Ng, "An analysis of single-layer networks in unsupervised feature
learning" (2011), which compares both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from models.rooftop_light.graph import Graph
from numpy.typing import NDArray

LEVELS, FILTERS, SIZE = 4, 24, 5
WHITENING_FLOOR = 1e-3
PATCHES = 16000
NEAR, WIDE = 3, 9
CHANNELS = LEVELS * (3 + 2 * FILTERS)


@dataclass(frozen=True)
class Bank:
    """`kernels` [LEVELS, FILTERS, 3, SIZE, SIZE] and `biases` [LEVELS, FILTERS]; level 0 is half the working
    resolution, each further one half of the one before."""

    kernels: NDArray[np.float32]
    biases: NDArray[np.float32]


def measure(images: Sequence[NDArray[np.uint8]], seed: int) -> Bank:
    """Whitening from patches of the images, each [H, W, 3] and at least 80 pixels a side."""
    rng = np.random.default_rng(seed)
    levels = [_filters(_patches(images, level + 1, rng), rng) for level in range(LEVELS)]
    kernels, biases = zip(*levels, strict=True)
    return Bank(np.stack(kernels).astype(np.float32), np.stack(biases).astype(np.float32))


def _filters(patches: NDArray, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """The bias sets half a deviation as the threshold, so that a filter is silent most of the time."""
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((patches - mean).T))
    whitening = vectors @ np.diag((values + WHITENING_FLOOR) ** -0.5) @ vectors.T
    directions = rng.normal(size=(FILTERS, patches.shape[1]))
    kernels = directions / np.linalg.norm(directions, axis=1, keepdims=True) @ whitening
    spread = ((patches - mean) @ kernels.T).std(axis=0)
    return kernels.reshape(FILTERS, 3, SIZE, SIZE), -(kernels @ mean) - 0.5 * spread


def _patches(images: Sequence[NDArray[np.uint8]], halvings: int, rng: np.random.Generator) -> NDArray:
    """[PATCHES or so, 3 · SIZE²] in 0…1."""
    each = -(-PATCHES // len(images))
    return np.concatenate([_cut(_halve(image, halvings), each, rng) for image in images])


def _halve(image: NDArray[np.uint8], times: int) -> NDArray[np.float64]:
    step = 2**times
    height, width = (side // step * step for side in image.shape[:2])
    blocks = image[:height, :width].reshape(height // step, step, width // step, step, 3)
    return blocks.mean(axis=(1, 3)) / 255


def _cut(image: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray:
    windows = np.lib.stride_tricks.sliding_window_view(image, (SIZE, SIZE), axis=(0, 1))
    rows, columns = (rng.integers(0, n, count) for n in windows.shape[:2])
    return windows[rows, columns].reshape(count, -1)


def features(graph: Graph, image: str, bank: Bank) -> str:
    """[n, CHANNELS, H/2, W/2]: colours and filter answers of every level, meant over two neighbourhoods."""
    level, parts = graph.halve(image), []
    for number in range(LEVELS):
        answer = graph.node("Relu", [graph.convolve(level, bank.kernels[number], bank.biases[number])])
        here = graph.join([level, graph.smooth(answer, NEAR), graph.smooth(answer, WIDE)])
        parts.append(graph.enlarge(here, 2**number))
        level = graph.halve(level)
    return graph.join(parts)

"""The filter bank: random filters of whitened patches at four scales, each with its local means.

Random projections of whitened patches, rectified and pooled, come close to learned first-layer features at the cost
of one covariance matrix (Coates, Lee, Ng, "An analysis of single-layer networks in unsupervised feature learning",
2011, compares both).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoml.light.onnx_graph import GraphBuilder

LEVELS, FILTERS, SIZE = 4, 24, 5
WHITENING_FLOOR = 1e-3
PATCHES = 16000
NEAR, WIDE = 3, 9
"""Sides of the neighbourhoods over which filter responses are averaged, pixels."""
CHANNELS = LEVELS * (3 + 2 * FILTERS)


@dataclass(frozen=True)
class FilterBank:
    """`kernels` [LEVELS, FILTERS, 3, SIZE, SIZE] and `biases` [LEVELS, FILTERS].

    Level 0 has half the resolution of the image, each further level half that of the level before.
    """

    kernels: NDArray[np.float32]
    biases: NDArray[np.float32]


def fit_filter_bank(images: Sequence[NDArray[np.uint8]], seed: int) -> FilterBank:
    """Returns filters whitened with patches of `images`, each [height, width, 3] and at least 80 pixels a side."""
    rng = np.random.default_rng(seed)
    levels = [_filters(_patches(images, level + 1, rng), rng) for level in range(LEVELS)]
    kernels, biases = zip(*levels, strict=True)
    return FilterBank(np.stack(kernels).astype(np.float32), np.stack(biases).astype(np.float32))


def _filters(patches: NDArray, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """The bias is a threshold of half a standard deviation, so that a filter responds to few patches only."""
    mean = patches.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((patches - mean).T))
    whitening = vectors @ np.diag((values + WHITENING_FLOOR) ** -0.5) @ vectors.T
    directions = rng.normal(size=(FILTERS, patches.shape[1]))
    kernels = directions / np.linalg.norm(directions, axis=1, keepdims=True) @ whitening
    spread = ((patches - mean) @ kernels.T).std(axis=0)
    return kernels.reshape(FILTERS, 3, SIZE, SIZE), -(kernels @ mean) - 0.5 * spread


def _patches(images: Sequence[NDArray[np.uint8]], halvings: int, rng: np.random.Generator) -> NDArray:
    """About PATCHES patches in 0…1, [patches, 3 · SIZE²]."""
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


def features(graph: GraphBuilder, image: str, bank: FilterBank) -> str:
    """Adds the features [n, CHANNELS, height/2, width/2] of the tensor `image` to the graph; returns their name."""
    parts = level_features(graph, image, bank)
    return graph.concatenate([graph.double(part, number) for number, part in enumerate(parts)])


def level_features(graph: GraphBuilder, image: str, bank: FilterBank) -> list[str]:
    """Adds the features of each level at its own resolution.

    They are the colours of the level and its filter responses, averaged over two neighbourhoods.
    """
    level, parts = graph.halve(image), []
    for number in range(LEVELS):
        response = graph.node("Relu", [graph.convolve(level, bank.kernels[number], bank.biases[number])])
        parts.append(graph.concatenate([level, graph.average(response, NEAR), graph.average(response, WIDE)]))
        level = graph.halve(level)
    return parts

"""The perceptron behind the filter bank, and both together as one ONNX file: for every pixel, or for every cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoml.light.filter_bank import LEVELS, FilterBank, features, level_features
from geoml.light.onnx_graph import GraphBuilder

CLASSES, CELL = 3, 16
"""Ground and two kinds of building; pixels along the side of a cell."""


@dataclass(frozen=True)
class Model:
    """Features x enter as (x - `mean`) / `spread`; layer i is x @ weights[i] + biases[i], rectified except the last."""

    bank: FilterBank
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]
    weights: Sequence[NDArray[np.float32]]
    biases: Sequence[NDArray[np.float32]]


def bank_onnx(bank: FilterBank) -> bytes:
    """Returns the bank alone as an ONNX file, so that training reads exactly the features of prediction."""
    graph = GraphBuilder()
    return graph.model("image", features(graph, "image", bank))


def cell_bank_onnx(bank: FilterBank) -> bytes:
    """Returns the bank with the mean features of each cell, [n, CHANNELS, H / CELL, W / CELL]."""
    graph = GraphBuilder()
    return graph.model("image", _cell_features(graph, bank))


def _cell_features(graph: GraphBuilder, bank: FilterBank) -> str:
    return graph.pool(features(graph, "image", bank), CELL // 2)


def cells_onnx(model: Model) -> bytes:
    """Returns an ONNX file that maps float32 `image` [n, 3, H, W] to `probabilities` [n, CLASSES, H, W].

    All pixels of a cell have its value. H and W are multiples of 32.
    """
    graph = GraphBuilder()
    weights, biases = _folded(model)
    x = graph.convolve(_cell_features(graph, model.bank), _kernel(weights[0]), biases[0])
    for weight, shift in zip(weights[1:], biases[1:], strict=True):
        x = graph.convolve(graph.node("Relu", [x]), _kernel(weight), shift)
    return graph.model("image", graph.repeat(graph.node("Softmax", [x], axis=1), CELL))


def to_onnx(model: Model) -> bytes:
    """Returns an ONNX file that maps float32 `image` [n, 3, H, W] to `probabilities` [n, 3, H, W].

    H and W are multiples of 32. The standardisation is folded into the first layer; layers are 1 x 1 convolutions. The
    first is applied to each level at its own resolution, from the coarsest: it and the doubling are linear, so their
    order is free.
    """
    graph = GraphBuilder()
    (first, *weights), (bias, *biases) = _folded(model)
    parts = level_features(graph, "image", model.bank)
    slices = np.split(first, LEVELS)
    x = graph.convolve(parts[-1], _kernel(slices[-1]), bias)
    for part, weight in zip(parts[-2::-1], slices[-2::-1], strict=True):
        x = graph.node("Add", [graph.double(x), graph.convolve(part, _kernel(weight))])
    for weight, shift in zip(weights, biases, strict=True):
        x = graph.convolve(graph.node("Relu", [x]), _kernel(weight), shift)
    return graph.model("image", graph.double(graph.node("Softmax", [x], axis=1)))


def _kernel(weight: NDArray) -> NDArray:
    return weight.T[:, :, None, None]


def _folded(model: Model) -> tuple[list[NDArray], list[NDArray]]:
    first = model.weights[0] / model.spread[:, None]
    return [first, *model.weights[1:]], [model.biases[0] - model.mean @ first, *model.biases[1:]]

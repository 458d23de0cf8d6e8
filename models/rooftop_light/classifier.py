"""The perceptron behind the filter bank, and both together as one ONNX file."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from models.rooftop_light.filter_bank import FilterBank, features
from models.rooftop_light.onnx_graph import GraphBuilder
from numpy.typing import NDArray

CLASSES = 3


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


def to_onnx(model: Model) -> bytes:
    """Returns an ONNX file that maps float32 `image` [n, 3, H, W] to `probabilities` [n, 3, H, W].

    H and W are multiples of 32. The standardisation is folded into the first layer; layers are 1 x 1 convolutions.
    """
    graph = GraphBuilder()
    x = features(graph, "image", model.bank)
    weights, biases = _folded(model)
    for number, (weight, bias) in enumerate(zip(weights, biases, strict=True)):
        x = graph.node("Relu", [x]) if number else x
        x = graph.convolve(x, weight.T[:, :, None, None], bias)
    return graph.model("image", graph.upsample(graph.node("Softmax", [x], axis=1), 2))


def _folded(model: Model) -> tuple[list[NDArray], list[NDArray]]:
    first = model.weights[0] / model.spread[:, None]
    return [first, *model.weights[1:]], [model.biases[0] - model.mean @ first, *model.biases[1:]]

"""Checkpoints: arrays in a .npz file, read without unpickling."""

import io
import zipfile
from itertools import pairwise
from typing import Any

import numpy as np

from geoml.light.classifier import CLASSES, Model
from geoml.light.filter_bank import CHANNELS, FILTERS, LEVELS, SIZE, FilterBank


def save(model: Model, format: str) -> bytes:
    """`format` names the kind of model, so that no other kind reads it."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"format": format, "mean": model.mean, "spread": model.spread}
    arrays |= {"kernels": model.bank.kernels, "filter_biases": model.bank.biases}
    arrays |= {f"weights{i}": weights for i, weights in enumerate(model.weights)}
    arrays |= {f"bias{i}": bias for i, bias in enumerate(model.biases)}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load(data: bytes, format: str) -> Model:
    """Raises ValueError for anything but a complete checkpoint of a model of that kind."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise ValueError(f"not a {format} checkpoint")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            model = _model(dict(arrays), format)
    except (KeyError, ValueError) as error:
        raise ValueError(f"not a {format} checkpoint") from error
    _check(model)
    return model


def _model(arrays: dict[str, np.ndarray], format: str) -> Model:
    if str(arrays["format"]) != format:
        raise ValueError("another format")
    depth = sum(key.startswith("weights") for key in arrays)
    weights, biases = [arrays[f"weights{i}"] for i in range(depth)], [arrays[f"bias{i}"] for i in range(depth)]
    return Model(
        FilterBank(arrays["kernels"], arrays["filter_biases"]), arrays["mean"], arrays["spread"], weights, biases
    )


def _check(model: Model) -> None:
    expected = (LEVELS, FILTERS, 3, SIZE, SIZE)
    sizes = [CHANNELS, *(len(b) for b in model.biases)]
    layers = list(pairwise(sizes))
    if model.bank.kernels.shape != expected or [w.shape for w in model.weights] != layers or sizes[-1] != CLASSES:
        raise ValueError("the checkpoint does not fit the model")

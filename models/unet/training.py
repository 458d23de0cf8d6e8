"""What the platform trains with, see `geoml.plugin.Training`."""

from collections.abc import Mapping
from typing import Any

import torch
from models.unet import checkpoint, export
from models.unet.network import UNet
from models.unet.samples import WindowSampler
from models.unet.train_loop import Plan, fit

from geoml.dataset import Dataset
from geoml.plugin import OnEpoch
from geoml.time_budget import TrainingBudget

BASE_WIDTH, BASE_SEED = 32, 20260424


def train(
    weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], on_epoch: OnEpoch
) -> bytes:
    """Continues the training of `weights`; `freeze_layers` keeps the encoder as it is."""
    network = checkpoint.load(weights)
    if values["freeze_layers"]:
        network.freeze()
    training, validation = (_sampler(dataset, split[side]) for side in ("train_chips", "val_chips"))
    fit(network, training, validation, _plan(values), on_epoch)
    return checkpoint.save(network)


def to_onnx(weights: bytes) -> bytes:
    return export.to_onnx(checkpoint.load(weights))


def base_weights() -> bytes:
    """Untrained weights, drawn with a fixed seed: the model learns from a dataset of tens of tiles in minutes."""
    torch.manual_seed(BASE_SEED)
    return checkpoint.save(UNet(BASE_WIDTH))


def _sampler(dataset: Dataset, names: list[str]) -> WindowSampler:
    return WindowSampler(dataset.layouts(names), dataset.polygons)


def _plan(values: Mapping[str, Any]) -> Plan:
    steps = max(1, round(values["samples_per_epoch"] / values["batch_size"]))
    return Plan(
        epochs=values["epochs"],
        steps=steps,
        batch_size=values["batch_size"],
        learning_rate=values["learning_rate"],
        weight_decay=values["weight_decay"],
        max_grad_norm=values["max_grad_norm"],
        seed=values["split_seed"],
        budget=TrainingBudget(values["epochs"] * steps, values["max_minutes"]),
    )

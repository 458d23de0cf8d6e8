"""Training of the models that are a U-Net, see `geoml.plugin.Training`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from shapely.geometry.base import BaseGeometry

from geoml.dataset import Dataset
from geoml.grid import ChipLayout
from geoml.plugin import OnEpoch
from geoml.time_budget import TrainingBudget
from geoml.unet import checkpoint, export
from geoml.unet.network import PLAIN, UNet
from geoml.unet.samples import WindowSampler
from geoml.unet.train_loop import Plan, fit

BASE_WIDTH, BASE_SEED = 32, 20260424


@dataclass(frozen=True)
class UNetTraining:
    """What one kind of model brings."""

    format: str
    """of its checkpoints"""
    outputs: int
    """channels of the network, see `UNet`"""
    sampler: Callable[[Sequence[ChipLayout], Sequence[BaseGeometry]], WindowSampler]

    def train(
        self, weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], on_epoch: OnEpoch
    ) -> bytes:
        """Continues the training of `weights`; `freeze_layers` keeps the encoder as it is."""
        network = self.read(weights)
        if values["freeze_layers"]:
            network.freeze()
        sides = (dataset.layouts(split[side]) for side in ("train_chips", "val_chips"))
        training, validation = (self.sampler(layouts, dataset.polygons) for layouts in sides)
        fit(network, training, validation, _plan(values), on_epoch)
        return self.save(network)

    def read(self, weights: bytes) -> UNet:
        """Raises ValueError for anything but a complete checkpoint of this kind."""
        return checkpoint.load(weights, self.format, self.outputs)

    def save(self, network: UNet) -> bytes:
        return checkpoint.save(network, self.format)

    def to_onnx(self, weights: bytes) -> bytes:
        return export.to_onnx(self.read(weights))

    def base_weights(self) -> bytes:
        """Initial weights: the model learns from a dataset of tens of tiles in minutes."""
        return self.save(self.initial(PLAIN))

    def initial(self, encoder: str) -> UNet:
        """Returns a network whose weights are drawn with a fixed seed. `encoder` is one of ENCODERS."""
        torch.manual_seed(BASE_SEED)
        return UNet(BASE_WIDTH, self.outputs, encoder)


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

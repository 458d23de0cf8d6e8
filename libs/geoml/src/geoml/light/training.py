"""Training of the models that consist of a filter bank and a perceptron, see `geoml.plugin.Training`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely.geometry.base import BaseGeometry

from geoml.dataset import Dataset
from geoml.grid import ChipLayout
from geoml.light import checkpoint
from geoml.light.classifier import Model
from geoml.light.filter_bank import FilterBank, fit_filter_bank
from geoml.light.initial_model import base_model, initial_model
from geoml.light.sampling import PixelSampler
from geoml.light.train_loop import Plan, fit, standardisation
from geoml.plugin import OnEpoch
from geoml.session import open_session
from geoml.time_budget import TrainingBudget


@dataclass(frozen=True)
class LightTraining:
    """What one kind of model brings."""

    format: str
    """of its checkpoints"""
    samples: str
    """the hyper-parameter that tells how many samples an epoch has"""
    sampler: Callable[[Sequence[ChipLayout], Sequence[BaseGeometry]], PixelSampler]
    bank_onnx: Callable[[FilterBank], bytes]
    model_onnx: Callable[[Model], bytes]

    def train(
        self, weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], on_epoch: OnEpoch
    ) -> bytes:
        """With `adapt_filters`, fits the filter bank to the training chips and starts with an initial perceptron.

        Without it, or with `freeze_layers`, keeps the bank and continues the training of `weights`.
        """
        base, plan = self.read(weights), self._plan(values)
        sides = (dataset.layouts(split[side]) for side in ("train_chips", "val_chips"))
        training, validation = (self.sampler(layouts, dataset.polygons) for layouts in sides)
        adapts = values["adapt_filters"] and not values["freeze_layers"]
        start = self._adapted(training, plan.seed) if adapts else base
        bank = open_session(self.bank_onnx(start.bank))
        return checkpoint.save(fit(start, bank, training, validation, plan, on_epoch), self.format)

    def read(self, weights: bytes) -> Model:
        """Raises ValueError for anything but a complete checkpoint of this kind."""
        return checkpoint.load(weights, self.format)

    def to_onnx(self, weights: bytes) -> bytes:
        return self.model_onnx(self.read(weights))

    def base_weights(self) -> bytes:
        return checkpoint.save(base_model(), self.format)

    def _adapted(self, training: PixelSampler, seed: int) -> Model:
        bank = fit_filter_bank([image[:, :, :3] for image in training.images], seed)
        session = open_session(self.bank_onnx(bank))
        return initial_model(bank, *standardisation(session, training, seed), seed)

    def _plan(self, values: Mapping[str, Any]) -> Plan:
        return Plan(
            samples=values[self.samples],
            epochs=values["epochs"],
            seed=values["split_seed"],
            batch_size=values["batch_size"],
            learning_rate=values["learning_rate"],
            weight_decay=values["weight_decay"],
            budget=TrainingBudget(values["epochs"], values["max_minutes"]),
        )

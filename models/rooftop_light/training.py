"""What the platform trains with, see `geoml.plugin.Training`."""

from collections.abc import Mapping
from typing import Any

from models.rooftop_light import checkpoint, classifier
from models.rooftop_light.filter_bank import fit_filter_bank
from models.rooftop_light.initial_model import base_model, initial_model
from models.rooftop_light.pixel_sampling import PixelSampler
from models.rooftop_light.train_loop import Plan, fit, standardisation

from geoml.dataset import Dataset
from geoml.plugin import OnEpoch
from geoml.session import open_session
from geoml.time_budget import TrainingBudget


def train(
    weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], on_epoch: OnEpoch
) -> bytes:
    """With `adapt_filters`, fits the filter bank to the training chips and starts with an initial perceptron.

    Without it, or with `freeze_layers`, keeps the bank and continues the training of `weights`.
    """
    base, plan = checkpoint.load(weights), _plan(values)
    training, validation = _sampler(dataset, split["train_chips"]), _sampler(dataset, split["val_chips"])
    adapts = values["adapt_filters"] and not values["freeze_layers"]
    start = _adapted(training, plan.seed) if adapts else base
    return checkpoint.save(fit(start, training, validation, plan, on_epoch))


def to_onnx(weights: bytes) -> bytes:
    return classifier.to_onnx(checkpoint.load(weights))


def base_weights() -> bytes:
    return checkpoint.save(base_model())


def _adapted(training: PixelSampler, seed: int) -> classifier.Model:
    bank = fit_filter_bank([image[:, :, :3] for image in training.images], seed)
    session = open_session(classifier.bank_onnx(bank))
    return initial_model(bank, *standardisation(session, training, seed), seed)


def _sampler(dataset: Dataset, names: list[str]) -> PixelSampler:
    return PixelSampler(dataset.layouts(names), dataset.polygons)


def _plan(values: Mapping[str, Any]) -> Plan:
    budget = TrainingBudget(values["epochs"], values["max_minutes"])
    return Plan(
        pixels=values["max_pixels"],
        epochs=values["epochs"],
        seed=values["split_seed"],
        batch_size=values["batch_size"],
        learning_rate=values["learning_rate"],
        weight_decay=values["weight_decay"],
        budget=budget,
    )

"""Training and measuring on a data set, with what is told and recorded on the way."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from models.rooftop_light import checkpoint
from models.rooftop_light.bank import measure as measure_bank
from models.rooftop_light.classifier import Model, bank_onnx, to_onnx
from models.rooftop_light.fresh import untrained
from models.rooftop_light.pixels import Pixels
from models.rooftop_light.training import Plan, standardisation, train

from geoml import report
from geoml.budget import Budget
from geoml.dataset import Dataset
from geoml.evaluation import evaluate
from geoml.session import open_session

Record = Callable[[Mapping[str, Any]], None]


def fit(weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], record: Record) -> bytes:
    """A checkpoint trained on the split's training chips.

    With `adapt_filters` the bank is measured anew on them and the perceptron starts anew; without, or with
    `freeze_layers`, the bank stays and `weights` go on.
    Each epoch is reported and may end in `report.Cancelled`; wall time and losses are recorded even then.
    """
    base, plan = checkpoint.load(weights), plan_of(values)
    training, validation = _pixels(dataset, split["train_chips"]), _pixels(dataset, split["val_chips"])
    history: dict[str, list[float]] = {"train_loss": [], "val_loss": []}

    def on_epoch(epoch: int, train_loss: float, val_loss: float) -> None:
        history["train_loss"].append(train_loss)
        history["val_loss"].append(val_loss)
        report.epoch(epoch, plan.epochs, train_loss=train_loss, val_loss=val_loss, done=plan.budget.done(epoch))
        report.raise_if_cancelled()

    started = time.monotonic()
    try:
        anew = values["adapt_filters"] and not values["freeze_layers"]
        start = adapted(training, plan.seed) if anew else base
        return checkpoint.save(train(start, training, validation, plan, on_epoch))
    finally:
        record({"training_wall_seconds": round(time.monotonic() - started, 1), "loss_history": history})


def _pixels(dataset: Dataset, names: list[str]) -> Pixels:
    return Pixels(dataset.sheets(names), dataset.polygons)


def adapted(training: Pixels, seed: int) -> Model:
    bank = measure_bank([image[:, :, :3] for image in training.images], seed)
    return untrained(bank, *standardisation(open_session(bank_onnx(bank)), training, seed), seed)


def plan_of(values: Mapping[str, Any]) -> Plan:
    return Plan(
        epochs=values["epochs"],
        pixels=values["max_pixels"],
        batch_size=values["batch_size"],
        learning_rate=values["learning_rate"],
        weight_decay=values["weight_decay"],
        seed=values["split_seed"],
        budget=Budget(values["epochs"], values["max_minutes"]),
    )


def measure(model: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
    """Metrics of the exported model on the split's validation chips."""
    session = open_session(to_onnx(checkpoint.load(model)))
    metrics = evaluate(session, dataset.sheets(split["val_chips"]), dataset.polygons, values)
    report.metrics(metrics)
    return metrics

"""Training and measuring on a data set, with what is told and recorded on the way."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from models.unet import checkpoint
from models.unet.export import to_onnx
from models.unet.training import Plan, train
from models.unet.windows import Windows

from geoml import report
from geoml.budget import Budget
from geoml.dataset import Dataset
from geoml.evaluation import evaluate
from geoml.session import open_session

Record = Callable[[Mapping[str, Any]], None]


def fit(weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any], record: Record) -> bytes:
    """A checkpoint trained on the split's training chips, starting from `weights`; `freeze_layers` spares the encoder.

    Each epoch is reported and may end in `report.Cancelled`; wall time and losses are recorded even then.
    """
    network, plan = checkpoint.load(weights), plan_of(values)
    if values["freeze_layers"]:
        network.freeze()
    history: dict[str, list[float]] = {"train_loss": [], "val_loss": []}

    def on_epoch(epoch: int, train_loss: float, val_loss: float) -> None:
        history["train_loss"].append(train_loss)
        history["val_loss"].append(val_loss)
        report.epoch(
            epoch, plan.epochs, train_loss=train_loss, val_loss=val_loss, done=plan.budget.done(epoch * plan.steps)
        )
        report.raise_if_cancelled()

    started = time.monotonic()
    try:
        train(network, _windows(dataset, split["train_chips"]), _windows(dataset, split["val_chips"]), plan, on_epoch)
    finally:
        record({"training_wall_seconds": round(time.monotonic() - started, 1), "loss_history": history})
    return checkpoint.save(network)


def plan_of(values: Mapping[str, Any]) -> Plan:
    steps = max(1, round(values["samples_per_epoch"] / values["batch_size"]))
    return Plan(
        epochs=values["epochs"],
        steps=steps,
        batch_size=values["batch_size"],
        learning_rate=values["learning_rate"],
        weight_decay=values["weight_decay"],
        max_grad_norm=values["max_grad_norm"],
        seed=values["split_seed"],
        budget=Budget(values["epochs"] * steps, values["max_minutes"]),
    )


def measure(model: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
    """Metrics of the exported model on the split's validation chips."""
    session = open_session(to_onnx(checkpoint.load(model)))
    metrics = evaluate(session, dataset.sheets(split["val_chips"]), dataset.polygons, values)
    report.metrics(metrics)
    return metrics


def _windows(dataset: Dataset, names: list[str]) -> Windows:
    return Windows(dataset.sheets(names), dataset.polygons)

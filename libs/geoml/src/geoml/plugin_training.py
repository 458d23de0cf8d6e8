"""Training and evaluation of any plug-in, with what is reported and recorded."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from geoml import report
from geoml.dataset import Dataset
from geoml.plugin import Plugin
from geoml.session import open_session

CLASSES = 3
"""Background, building interior, building border: the classes that `geoml.predict` reads."""
Log = Callable[[Mapping[str, Any]], None]


def train(
    plugin: Plugin,
    weights: bytes,
    dataset: Dataset,
    split: Mapping[str, Any],
    values: Mapping[str, Any],
    log: Log,
) -> bytes:
    """Returns weights that `plugin` trained on the split's training chips.

    Reports each epoch and may raise `report.Cancelled` then. `log` receives wall time and losses, even on failure.
    """
    history: dict[str, list[float]] = {"train_loss": [], "val_loss": []}

    def on_epoch(epoch: int, train_loss: float, val_loss: float, progress: float) -> None:
        history["train_loss"].append(train_loss)
        history["val_loss"].append(val_loss)
        report.epoch(epoch, values["epochs"], train_loss=train_loss, val_loss=val_loss, done=progress)
        report.raise_if_cancelled()

    started = time.monotonic()
    try:
        return plugin.training.train(weights, dataset, split, values, on_epoch)
    finally:
        log({"training_wall_seconds": round(time.monotonic() - started, 1), "loss_history": history})


def evaluate_weights(
    plugin: Plugin, weights: bytes, dataset: Dataset, split: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns what `evaluate` of the model's task does, of the exported model on the split's validation chips.

    Its numbers are reported.
    """
    session = open_session(plugin.training.to_onnx(weights))
    metrics = plugin.task.evaluate(session, dataset.layouts(split["val_chips"]), dataset.polygons, values)
    report.metrics(numbers(metrics))
    return metrics


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {key: value for key, value in metrics.items() if isinstance(value, float)}

"""A plug-in that learns nothing: the steps and artifacts of a real one, with switches for what can go wrong."""

import os
import signal
import time
from typing import Annotated, Any

import numpy as np
from zenml import pipeline, step

from geoml import report


class Opaque:
    pass


METRICS: dict[str, dict[Any, Any]] = {
    "bend": {"building_iou": np.float32(0.5), "object_f1": float("nan"), "accuracy": float("inf"), 1: np.int64(3)},
    "opaque": {"building_iou": 0.71, "model": Opaque()},
}


@step
def split_dataset(
    dataset_chips: str, dataset_labels: str, hyperparameters: dict[str, Any]
) -> Annotated[dict[str, Any], "split_info"]:
    split = {"strategy": "chip_holdout", "val_ratio": 0.2, "seed": 42, "train_count": 3, "val_count": 1}
    return {**split, "outcome": {"wanted": 4, "done": 4, "left_out": [], "altered": []}}


@step
def train_model(
    dataset_chips: str,
    dataset_labels: str,
    base_model_weights: str,
    hyperparameters: dict[str, Any],
    split_info: dict[str, Any],
    num_classes: int,
    model_name: str,
    base_model_id: str,
    dataset_id: str,
) -> Annotated[bytes, "trained_model"]:
    epochs = hyperparameters["epochs"]
    for epoch in range(1, epochs + 1):
        val_loss = float("nan") if hyperparameters["end"] == "bend" and epoch == 2 else 2 / epoch
        report.epoch(epoch, epochs, train_loss=1 / epoch, val_loss=val_loss)
        time.sleep(hyperparameters["seconds"])
    if hyperparameters["end"] == "raise":
        raise ValueError("the labels hold no building")
    if hyperparameters["end"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return b"weights"


@step
def evaluate_model(
    trained_model: bytes, hyperparameters: dict[str, Any], split_info: dict[str, Any], class_names: list[str]
) -> Annotated[dict[str, Any], "metrics"]:
    return METRICS.get(hyperparameters["end"], {"building_iou": 0.71})


@step
def export_onnx(trained_model: bytes, hyperparameters: dict[str, Any]) -> Annotated[bytes, "onnx_model"]:
    return b"onnx"


@pipeline
def training_pipeline(
    base_model_weights: str,
    dataset_chips: str,
    dataset_labels: str,
    num_classes: int,
    hyperparameters: dict[str, Any],
) -> None:
    split = split_dataset(dataset_chips, dataset_labels, hyperparameters)
    model = train_model(
        dataset_chips, dataset_labels, base_model_weights, hyperparameters, split, num_classes=num_classes
    )
    evaluate_model(model, hyperparameters, split)
    export_onnx(model, hyperparameters)

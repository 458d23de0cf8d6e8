"""A plug-in that learns nothing: the steps and artifact names of a real one, with switches for what the tests need."""

import json
import logging
import math
import os
import time
from typing import Annotated, Any

import numpy as np
from zenml import log_metadata, pipeline, step

from geoml.zenml_metadata import log_run_metadata

log = logging.getLogger("toy")


class Tensor:
    """A scalar of a library that only the plug-in knows."""

    def __init__(self, value: float) -> None:
        self.value = value

    def item(self) -> float:
        return self.value


class Opaque:
    pass


METRICS: dict[str, dict[Any, Any]] = {
    "plain": {"accuracy": 0.5},
    "nan": {"accuracy": math.nan, "loss": math.inf, "best": {"f1": -math.inf, "epoch": 3}, "none": None},
    "bent": {
        "accuracy": np.float32(0.5), "loss": np.float64("nan"), "count": np.int64(7), "well": np.bool_(True),
        "by_class": {0: np.float32(0.25), 1: Tensor(0.75)}, "curve": np.array([1, 2], np.uint8), 3: "three",
        "nested": [{"deep": (1, 2)}], "nothing": None,
    },
    "opaque": {"accuracy": 0.5, "model": Opaque()},
}  # fmt: skip
"""What the plug-in returns as its metrics, by the word of its hyper-parameter."""


@step
def train_model(hyperparameters: dict[str, Any], model_name: str) -> Annotated[bytes, "trained_model"]:
    log.info("training %s", model_name)
    log_metadata({"fair/split": {"train_count": 3}})
    for number in range(hyperparameters.get("lines", 0)):
        log.info("line %s", number)
        if number % 500 == 0:
            time.sleep(0.05)  # ZenML's queue of log lines holds some thousand
    if width := hyperparameters.get("width", 0):
        log.info("wide %s end", "ß" * width)
    for epoch in range(hyperparameters["epochs"]):
        time.sleep(hyperparameters.get("seconds", 0))
        with open(os.environ["FAIRWAY_REPORT"], "a") as report:
            report.write(json.dumps({"type": "epoch", "epoch": epoch + 1, "train_loss": 1 / (epoch + 1)}) + "\n")
    return b"weights of " + model_name.encode()


@step
def evaluate_model(trained_model: bytes, hyperparameters: dict[str, Any]) -> Annotated[dict[str, Any], "metrics"]:
    if hyperparameters.get("labels") == 0:
        raise ValueError("The labels hold no building inside the chips")
    metrics = METRICS[hyperparameters.get("metrics", "plain")]
    if "metrics" in hyperparameters and "model" not in metrics:
        log_run_metadata(metrics)
    return metrics


@pipeline
def training_pipeline(hyperparameters: dict[str, Any]) -> None:
    trained_model = train_model(hyperparameters)
    evaluate_model(trained_model, hyperparameters)


@step
def run_inference(input_images: str) -> Annotated[dict[str, Any], "predictions"]:
    return {"type": "FeatureCollection", "features": []}


@pipeline
def inference_pipeline(input_images: str) -> None:
    run_inference(input_images)

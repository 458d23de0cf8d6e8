"""A plug-in that learns nothing: the steps and artifact names of a real one, with switches for what the tests need."""

import json
import logging
import os
import time
from typing import Annotated, Any

from zenml import log_metadata, pipeline, step

log = logging.getLogger("toy")


@step
def train_model(hyperparameters: dict[str, Any], model_name: str) -> Annotated[bytes, "trained_model"]:
    log.info("training %s", model_name)
    log_metadata({"fair/split": {"train_count": 3}})
    for epoch in range(hyperparameters["epochs"]):
        time.sleep(hyperparameters.get("seconds", 0))
        with open(os.environ["FAIRWAY_REPORT"], "a") as report:
            report.write(json.dumps({"type": "epoch", "epoch": epoch + 1, "train_loss": 1 / (epoch + 1)}) + "\n")
    return b"weights of " + model_name.encode()


@step
def evaluate_model(trained_model: bytes, hyperparameters: dict[str, Any]) -> Annotated[dict[str, Any], "metrics"]:
    if hyperparameters.get("labels") == 0:
        raise ValueError("The labels hold no building inside the chips")
    return {"accuracy": 0.5}


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

import os
from typing import Annotated, Any

from models.blocks.inference import predict
from zenml import pipeline, step

from geoml.batch_inference import run_batch_inference

__all__ = ["inference_pipeline", "predict"]


@step(enable_cache=False)
def run_inference(
    model_uri: str, input_images: str, inference_params: dict[str, Any]
) -> Annotated[dict[str, Any], "predictions"]:
    with open(f"{os.environ['TOY_FOLDER']}/runs", "a") as runs:
        runs.write(f"{os.getpid()}\n")
    return run_batch_inference(predict, model_uri, input_images, inference_params)


@pipeline(enable_cache=False)
def inference_pipeline(model_uri: str, input_images: str, inference_params: dict[str, Any]) -> None:
    run_inference(model_uri, input_images, inference_params)

import os
from typing import Annotated, Any

from models.toy.inference import predict
from zenml import pipeline, step

from geoml.fetch import local_file, local_folder
from geoml.session import open_session

__all__ = ["inference_pipeline", "predict"]


@step(enable_cache=False)
def run_inference(
    model_uri: str, input_images: str, inference_params: dict[str, Any]
) -> Annotated[dict[str, Any], "predictions"]:
    folder = os.environ["TOY_FOLDER"]
    with open(f"{folder}/runs", "a") as runs:
        runs.write(f"{os.getpid()}\n")
    return predict(open_session(str(local_file(model_uri))), str(local_folder(input_images)), inference_params)


@pipeline(enable_cache=False)
def inference_pipeline(model_uri: str, input_images: str, inference_params: dict[str, Any]) -> None:
    run_inference(model_uri, input_images, inference_params)

"""The light classifier as the platform runs it: its ZenML steps and pipelines, `predict` and the processing functions.

Scikit-learn and onnx are imported by the steps that train only, so that inference runs without them.
"""

from models.chip_light.inference import predict as predict

from geoml.plugin_pipelines import define_pipelines
from geoml.processing import answer as postprocess
from geoml.processing import preprocess as preprocess

__all__ = ["postprocess"]

CHIP_LIGHT = define_pipelines(__name__)
split_dataset, train_model, evaluate_model, export_onnx, run_inference = CHIP_LIGHT.steps
training_pipeline, inference_pipeline = CHIP_LIGHT.pipelines

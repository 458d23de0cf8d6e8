"""The light model as the platform runs it: its ZenML steps and pipelines, `predict` and the processing functions.

Scikit-learn and onnx are imported by the steps that train only, so that inference runs without them.
"""

from models.rooftop_light.inference import predict as predict

from geoml.plugin_pipelines import define_pipelines
from geoml.processing import postprocess as postprocess
from geoml.processing import preprocess as preprocess

ROOFTOP_LIGHT = define_pipelines(__name__)
split_dataset, train_model, evaluate_model, export_onnx, run_inference = ROOFTOP_LIGHT.steps
training_pipeline, inference_pipeline = ROOFTOP_LIGHT.pipelines

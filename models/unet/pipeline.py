"""The U-Net as the platform runs it: its ZenML steps and pipelines, `predict` and the processing functions.

Torch is imported by the steps that train only, so that inference runs without it.
"""

from models.unet.inference import predict as predict

from geoml.plugin_pipelines import define_pipelines
from geoml.processing import postprocess as postprocess
from geoml.processing import preprocess as preprocess

UNET = define_pipelines(__name__)
split_dataset, train_model, evaluate_model, export_onnx, run_inference = UNET.steps
training_pipeline, inference_pipeline = UNET.pipelines

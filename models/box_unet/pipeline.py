"""The detector as the platform runs it: its ZenML steps and pipelines, `predict` and the processing functions.

Torch is imported by the steps that train only, so that inference runs without it.
"""

from models.box_unet.inference import predict as predict

from geoml.plugin_pipelines import define_pipelines
from geoml.processing import boxes as postprocess
from geoml.processing import preprocess as preprocess

__all__ = ["postprocess"]

BOX_UNET = define_pipelines(__name__)
split_dataset, train_model, evaluate_model, export_onnx, run_inference = BOX_UNET.steps
training_pipeline, inference_pipeline = BOX_UNET.pipelines

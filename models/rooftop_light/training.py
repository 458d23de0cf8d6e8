"""What the platform trains with, see `geoml.plugin.Training`."""

from geoml.light.classifier import bank_onnx
from geoml.light.classifier import to_onnx as model_onnx
from geoml.light.sampling import PixelSampler
from geoml.light.training import LightTraining

LIGHT = LightTraining("fairway-rooftop-light/1", "max_pixels", PixelSampler, bank_onnx, model_onnx)
train, to_onnx, base_weights = LIGHT.train, LIGHT.to_onnx, LIGHT.base_weights

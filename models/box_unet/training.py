"""What the platform trains with, see `geoml.plugin.Training`."""

from geoml.unet.network import CLASSES, DEPTH, SIDES
from geoml.unet.samples import BoxSampler
from geoml.unet.training import UNetTraining

UNET = UNetTraining("fairway-box-unet/1", CLASSES + DEPTH + SIDES, BoxSampler)
train, to_onnx, base_weights = UNET.train, UNET.to_onnx, UNET.base_weights

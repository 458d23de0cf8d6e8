"""What the platform trains with, see `geoml.plugin.Training`."""

from geoml.unet.network import CLASSES, DEPTH
from geoml.unet.samples import WindowSampler
from geoml.unet.training import UNetTraining

UNET = UNetTraining("fairway-unet/2", CLASSES + DEPTH, WindowSampler)
train, to_onnx, base_weights = UNET.train, UNET.to_onnx, UNET.base_weights

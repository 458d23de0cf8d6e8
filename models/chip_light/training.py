"""What the platform trains with, see `geoml.plugin.Training`."""

from geoml.light.classifier import cell_bank_onnx, cells_onnx
from geoml.light.sampling import CellSampler
from geoml.light.training import LightTraining

LIGHT = LightTraining("fairway-chip-light/1", "max_cells", CellSampler, cell_bank_onnx, cells_onnx)
train, to_onnx, base_weights = LIGHT.train, LIGHT.to_onnx, LIGHT.base_weights

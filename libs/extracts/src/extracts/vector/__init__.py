"""Vectors cut by an outline, streamed in batches: whole features that meet it, or their parts within it."""

from extracts.vector.cut import VectorExtract, cut_layer, cut_vector
from extracts.vector.files import open_points, open_vector
from extracts.vector.formats import VectorFormat
from extracts.vector.layer import Counts, Layer
from extracts.vector.rows import layer_of_rows

__all__ = [
    "Counts", "Layer", "VectorExtract", "VectorFormat", "cut_layer", "cut_vector", "layer_of_rows", "open_points",
    "open_vector",
]  # fmt: skip

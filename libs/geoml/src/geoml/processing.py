"""The processing functions of our models (MLM's `pre_processing_function` and `post_processing_function`)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from geoml.chips import open_chip, read_rgb
from geoml.detection import read_boxes
from geoml.instances import InstanceOptions, building_probability, label_instances
from geoml.predict import GROUND_RESOLUTION


def preprocess(image: Path) -> NDArray[np.float32]:
    """Returns one image as model input [1, 3, height, width] in 0…1, at its own resolution.

    Raises ValueError as `open_chip` does.
    """
    chip = open_chip(image)
    rgb, _ = read_rgb(chip, chip.width, chip.height)
    return rgb.transpose(2, 0, 1)[None].astype(np.float32) / np.float32(255)


def postprocess(probabilities: NDArray[np.float32], confidence_threshold: float) -> NDArray[np.int32]:
    """Returns instance numbers [height, width], 0 for ground, of the model's output [3, height, width] for one image.

    The image has GROUND_RESOLUTION metres per pixel.
    """
    return label_instances(probabilities, InstanceOptions(confidence_threshold), GROUND_RESOLUTION)


def answer(probabilities: NDArray[np.float32], confidence_threshold: float) -> NDArray[np.bool_]:
    """Returns where [height, width] there is a building, of a classifier's output [channels, height, width]."""
    return building_probability(probabilities) >= confidence_threshold


def boxes(output: NDArray[np.float32], confidence_threshold: float) -> NDArray:
    """Returns boxes [n, 4] of a detector's output [channels, height, width]: left, top, right, bottom in pixels.

    Boxes that overlap are not suppressed.
    """
    found, confidence = read_boxes(output)
    return found[confidence >= confidence_threshold]

"""Images to buildings with the exported model. Needs neither torch nor ZenML, so it serves alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geoml import predict as machine
from geoml.chips import open_chip, read_rgb
from geoml.instances import label_instances
from geoml.session import Session

NAME = "unet"


def preprocess(image: Path) -> NDArray[np.float32]:
    """One image as model input [1, 3, H, W] in 0…1 at its own resolution."""
    chip = open_chip(image)
    rgb, _ = read_rgb(chip, chip.width, chip.height)
    return rgb.transpose(2, 0, 1)[None].astype(np.float32) / 255


def postprocess(probabilities: NDArray[np.float32], confidence_threshold: float) -> NDArray[np.int32]:
    """Model output of one image, [3, H, W], to building numbers [H, W]; 0 is ground."""
    return label_instances(probabilities, confidence_threshold, machine.GROUND_RESOLUTION)


def predict(session: Session, input_images: str, params: Mapping[str, Any], **callbacks: Any) -> dict[str, Any]:
    """Buildings of a folder as a FeatureCollection in EPSG:4326; see `geoml.predict.predict` for the errors."""
    return machine.predict(session, input_images, params, source=NAME, **callbacks)

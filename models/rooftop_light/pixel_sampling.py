"""Labelled training pixels, sampled again in each epoch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoml.grid import ChipLayout
from geoml.labels import LabelRasterizer
from geoml.mosaic import decode
from geoml.session import Session, run

MULTIPLE = 32


class PixelSampler:
    """Decodes the chips of one side of the split once, each with its class mask."""

    def __init__(self, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry]) -> None:
        self.images: list[NDArray[np.uint8]] = []
        self._masks: list[NDArray[np.uint8]] = []
        for layout in layouts:
            labels = LabelRasterizer(layout, polygons)
            for placed in layout.chips:
                self.images.append(_padded(decode(placed)))
                self._masks.append(_padded(labels.mask(placed.box)))

    def sample(self, session: Session, count: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """Returns features [n, CHANNELS] float32 and classes [n] of about `count` pixels with data.

        Each chip gives the same number of pixels, in a random orientation. `session` runs the filter bank, whose
        features have half the resolution of the image.
        """
        each = max(1, count // len(self.images))
        samples = [self._sample(session, i, int(rng.integers(8)), each, rng) for i in range(len(self.images))]
        features, classes = zip(*samples, strict=True)
        return np.concatenate(features), np.concatenate(classes)

    def _sample(
        self, session: Session, number: int, orientation: int, count: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray]:
        image, mask = (_oriented(layer[number], orientation) for layer in (self.images, self._masks))
        features = run(session, model_input(image))[0]
        with_data = np.flatnonzero(image[1::2, 1::2, 3])
        chosen = rng.choice(with_data, min(count, len(with_data)), replace=False)
        return features.reshape(len(features), -1).T[chosen], mask[1::2, 1::2].ravel()[chosen]


def model_input(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[:, :, :3].transpose(2, 0, 1)[None], np.float32) / np.float32(255)


def _padded(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Zeros are added below and to the right until the sides are multiples of MULTIPLE."""
    rows, columns = (-side % MULTIPLE for side in layer.shape[:2])
    return np.pad(layer, [(0, rows), (0, columns), (0, 0)][: layer.ndim])


def _oriented(layer: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """One of the eight rotations and reflections of a square."""
    rotated = np.rot90(layer, orientation % 4)
    return rotated[:, ::-1] if orientation >= 4 else rotated

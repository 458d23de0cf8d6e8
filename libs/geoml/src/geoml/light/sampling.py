"""Labelled training pixels, or cells, sampled again in each epoch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoml.grid import ChipLayout
from geoml.labels import BACKGROUND, BORDER, INTERIOR, LabelRasterizer
from geoml.light.classifier import CELL
from geoml.mosaic import decode
from geoml.session import Session, run

MULTIPLE = 32
SOME, MUCH = 0.1, 0.5
"""Shares of building in a cell from which it holds a part of a building, and is a building."""
Labels = tuple[NDArray[np.uint8], NDArray[np.bool_]]
"""Classes at the resolution of the features, and where there is data."""


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

    def labels(self, mask: NDArray[np.uint8], data: NDArray[np.bool_]) -> Labels:
        """The features of the bank have half the resolution of the image."""
        return mask[1::2, 1::2], data[1::2, 1::2]

    def sample(self, session: Session, count: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """Returns features [n, CHANNELS] float32 and classes [n] of about `count` pixels with data.

        Each chip gives the same number of pixels, in a random orientation. `session` runs the filter bank.
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
        classes, usable = self.labels(mask, image[:, :, 3] > 0)
        with_data = np.flatnonzero(usable)
        chosen = np.sort(rng.choice(with_data, min(count, len(with_data)), replace=False))  # sorted: four times quicker
        found = features.reshape(len(features), -1).take(chosen, axis=1).T
        return np.ascontiguousarray(found), classes.ravel()[chosen]


class CellSampler(PixelSampler):
    """The same for cells: INTERIOR stands for a cell that is a building, BORDER for one with a part of a building."""

    def labels(self, mask: NDArray[np.uint8], data: NDArray[np.bool_]) -> Labels:
        seen, built = _cell_means(data), _cell_means(mask != BACKGROUND)
        classes = np.where(built >= MUCH, INTERIOR, np.where(built >= SOME, BORDER, BACKGROUND))
        return classes.astype(np.uint8), seen > MUCH


def _cell_means(layer: NDArray[np.bool_]) -> NDArray[np.float64]:
    height, width = (side // CELL for side in layer.shape)
    return layer.reshape(height, CELL, width, CELL).mean(axis=(1, 3))


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

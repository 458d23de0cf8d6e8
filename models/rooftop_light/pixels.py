"""Labelled pixels to learn from, drawn anew each epoch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from shapely import Geometry

from geoml.grid import Layout
from geoml.labels import LabelMap
from geoml.mosaic import decode
from geoml.session import Session, run

MULTIPLE = 32


class Pixels:
    """Chips of one side of the split, decoded once, each with its class mask at half resolution."""

    def __init__(self, sheets: Sequence[Layout], polygons: Sequence[Geometry]) -> None:
        self.images: list[NDArray[np.uint8]] = []
        self._masks: list[NDArray[np.uint8]] = []
        for sheet in sheets:
            labels = LabelMap(sheet, polygons)
            for placed in sheet.placed:
                self.images.append(_fitted(decode(placed)))
                self._masks.append(_fitted(labels.mask(placed.box)))

    def draw(self, session: Session, count: int, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
        """About `count` pixels with data, equally of each chip, each chip turned or mirrored at random:
        features [n, CHANNELS] float32 and classes [n]."""
        each = max(1, count // len(self.images))
        drawn = [self._draw(session, i, int(rng.integers(8)), each, rng) for i in range(len(self.images))]
        features, classes = zip(*drawn, strict=True)
        return np.concatenate(features), np.concatenate(classes)

    def _draw(
        self, session: Session, number: int, way: int, count: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray]:
        image, mask = (_turned(layer[number], way) for layer in (self.images, self._masks))
        answer = run(session, model_input(image))[0]
        seen = np.flatnonzero(image[1::2, 1::2, 3])
        chosen = rng.choice(seen, min(count, len(seen)), replace=False)
        return answer.reshape(len(answer), -1).T[chosen], mask[1::2, 1::2].ravel()[chosen]


def model_input(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.ascontiguousarray(image[:, :, :3].transpose(2, 0, 1)[None], np.float32) / 255


def _fitted(layer: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Nothing is added below and to the right until the sides suit the model."""
    rows, columns = (-side % MULTIPLE for side in layer.shape[:2])
    return np.pad(layer, [(0, rows), (0, columns), (0, 0)][: layer.ndim])


def _turned(layer: NDArray[np.uint8], way: int) -> NDArray[np.uint8]:
    turned = np.rot90(layer, way % 4)
    return turned[:, ::-1] if way >= 4 else turned

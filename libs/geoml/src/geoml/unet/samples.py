"""Training samples: windows cut from the mosaic of the training chips at random positions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
import torch
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry
from torch import Tensor

from geoml.grid import ChipLayout, PixelBox
from geoml.labels import LabelRasterizer
from geoml.mosaic import decode, paste
from geoml.unet.network import SIDES

GAP_WEIGHT = 3.0
_GAP = np.ones((7, 7), bool)


@dataclass(frozen=True)
class Batch:
    """`image` [n, 3, side, side] in 0…1; `sides` [n, SIDES or 0, side, side], see `BoxSampler`; the others
    [n, side, side]: classes, weight (0 without data), depth in 0…1."""

    image: Tensor
    target: Tensor
    weight: Tensor
    depth: Tensor
    sides: Tensor


class WindowSampler:
    """Decodes the chips of one side of the split once: [height, width, 6] of red, green, blue, class,
    weight, depth.

    Outside these chips a window is black and has the weight 0, so that the other side of the split stays unseen.
    """

    layers = 6

    def __init__(self, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry]) -> None:
        self._places = [(layout, placed.box) for layout in layouts for placed in layout.chips]
        self._tiles: dict[Path, NDArray[np.int16]] = {}
        for layout in layouts:
            labels = LabelRasterizer(layout, polygons)
            self._tiles |= {p.chip.path: self.tile(decode(p), labels, p.box) for p in layout.chips}

    def tile(self, rgba: NDArray[np.uint8], labels: LabelRasterizer, box: PixelBox) -> NDArray[np.int16]:
        """The weight (in quarters) is higher in narrow gaps between buildings, where two would be predicted as one."""
        mask = labels.mask(box)
        building = mask > 0
        gap = np.logical_and(ndimage.binary_closing(building, _GAP), ~building)
        weight = np.where(gap, 4 * GAP_WEIGHT, 4) * (rgba[:, :, 3] > 0)
        depth = np.rint(255 * labels.depth(box))
        return np.dstack([rgba[:, :, :3], mask, weight, depth]).astype(np.int16)

    def sample(self, rng: np.random.Generator, side: int) -> NDArray[np.int16]:
        """Returns a window around a random pixel of a random chip."""
        layout, (left, top, right, bottom) = self._places[rng.integers(len(self._places))]
        x, y = int(rng.integers(left, right)) - side // 2, int(rng.integers(top, bottom)) - side // 2
        return self._cut(layout, x, y, side)

    def all(self, side: int) -> Iterator[NDArray[np.int16]]:
        """Yields each chip once, as windows of `side` pixels from its upper left corner."""
        for layout, (left, top, right, bottom) in self._places:
            for y in range(top, bottom, side):
                for x in range(left, right, side):
                    yield self._cut(layout, x, y, side)

    def _cut(self, layout: ChipLayout, x: int, y: int, side: int) -> NDArray[np.int16]:
        out = np.zeros((side, side, self.layers), np.int16)
        return paste(layout, (x, y, x + side, y + side), lambda p: self._tiles[p.chip.path], out)


class BoxSampler(WindowSampler):
    """Four more layers: how far left, top, right and bottom of the building's box are, pixels; 0 on the ground."""

    layers = 6 + SIDES

    def tile(self, rgba: NDArray[np.uint8], labels: LabelRasterizer, box: PixelBox) -> NDArray[np.int16]:
        numbers, (left, top, *_) = labels.instances(box), box
        bounds = [shapely.bounds(one) - [left, top, left, top] for one in labels.inside(box)]
        x0, y0, x1, y1 = np.array([np.zeros(4), *bounds])[numbers].transpose(2, 0, 1)
        y, x = np.mgrid[: box[3] - top, : box[2] - left] + 0.5
        sides = np.dstack([x - x0, y - y0, x1 - x, y1 - y]) * (numbers > 0)[:, :, None]
        return np.dstack([super().tile(rgba, labels, box), sides.clip(0, None).round().astype(np.int16)])


def batch(tiles: Sequence[NDArray[np.int16]]) -> Batch:
    stacked = torch.from_numpy(np.stack(tiles)).permute(0, 3, 1, 2)
    image = stacked[:, :3].float() / 255
    layers = stacked[:, 3].long(), stacked[:, 4].float() / 4, stacked[:, 5].float() / 255, stacked[:, 6:].float()
    return Batch(image.contiguous(memory_format=torch.channels_last), *layers)

"""Training windows: cut from the mosaic of the training chips, at random places, turned and recoloured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from shapely import Geometry
from torch import Tensor
from torch.nn import functional

from geoml.grid import Layout
from geoml.labels import LabelMap
from geoml.mosaic import decode, paste

GAP_WEIGHT = 3.0
_GAP = np.ones((7, 7), bool)


@dataclass(frozen=True)
class Batch:
    """`image` [n, 3, s, s] in 0…1; `target` [n, s, s] classes; `weight` [n, s, s], 0 where no training chip lies."""

    image: Tensor
    target: Tensor
    weight: Tensor


class Windows:
    """All chips of one side of the split, decoded once: [height, width, 5] of red, green, blue, class, weight.

    Outside the given chips a window is black and weighs nothing: the other side of the split stays unseen.
    """

    def __init__(self, sheets: Sequence[Layout], polygons: Sequence[Geometry]) -> None:
        self._places = [(sheet, placed.box) for sheet in sheets for placed in sheet.placed]
        self._tiles: dict[Path, NDArray[np.uint8]] = {}
        for sheet in sheets:
            labels = LabelMap(sheet, polygons)
            self._tiles |= {p.chip.path: _tile(decode(p), labels.mask(p.box)) for p in sheet.placed}

    def sample(self, rng: np.random.Generator, side: int) -> NDArray[np.uint8]:
        """A square around a random pixel of a random chip."""
        sheet, (left, top, right, bottom) = self._places[rng.integers(len(self._places))]
        x, y = int(rng.integers(left, right)) - side // 2, int(rng.integers(top, bottom)) - side // 2
        return self._cut(sheet, x, y, side)

    def whole(self, side: int) -> Iterator[NDArray[np.uint8]]:
        """Each chip once, as squares of `side` from its upper left corner."""
        for sheet, (left, top, right, bottom) in self._places:
            for y in range(top, bottom, side):
                for x in range(left, right, side):
                    yield self._cut(sheet, x, y, side)

    def _cut(self, sheet: Layout, x: int, y: int, side: int) -> NDArray[np.uint8]:
        out = np.zeros((side, side, 5), np.uint8)
        return paste(sheet, (x, y, x + side, y + side), lambda p: self._tiles[p.chip.path], out)


def _tile(rgba: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The weight (in quarters) is raised in narrow gaps between buildings, where two would melt into one."""
    building = mask > 0
    gap = ndimage.binary_closing(building, _GAP) & ~building
    weight = np.where(gap, 4 * GAP_WEIGHT, 4) * (rgba[:, :, 3] > 0)
    return np.dstack([rgba[:, :, :3], mask, weight.astype(np.uint8)])


def batch(tiles: Sequence[NDArray[np.uint8]]) -> Batch:
    stacked = torch.from_numpy(np.stack(tiles)).permute(0, 3, 1, 2)
    image = stacked[:, :3].float() / 255
    return Batch(image.contiguous(memory_format=torch.channels_last), stacked[:, 3].long(), stacked[:, 4].float() / 4)


def training_batch(windows: Windows, rng: np.random.Generator, size: int, side: int) -> Batch:
    cut = batch([_turn(windows.sample(rng, side * 3 // 2), int(rng.integers(8))) for _ in range(size)])
    bent = _bend(cut, rng, side)
    return Batch(_recolour(bent.image, rng), bent.target, bent.weight)


def _turn(tile: NDArray[np.uint8], way: int) -> NDArray[np.uint8]:
    turned = np.rot90(tile, way % 4)
    return (turned[:, ::-1] if way >= 4 else turned).copy()


def _bend(cut: Batch, rng: np.random.Generator, side: int) -> Batch:
    """Rotated by up to 45 degrees and scaled by 0.8 to 1.25 about the middle, then cut down to `side`."""
    angle, scale = rng.uniform(-np.pi / 4, np.pi / 4, len(cut.image)), 1.25 ** rng.uniform(-1, 1, len(cut.image))
    reach = scale * side / cut.image.shape[-1]
    sine, cosine, none = np.sin(angle) * reach, np.cos(angle) * reach, np.zeros(len(angle))
    rows = np.stack([cosine, -sine, none, sine, cosine, none], axis=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(torch.from_numpy(rows).float(), [len(angle), 3, side, side], align_corners=False)
    layers = torch.stack([cut.target.float(), cut.weight], dim=1)
    image = functional.grid_sample(cut.image, grid, align_corners=False)
    flat = functional.grid_sample(layers, grid, mode="nearest", align_corners=False)
    return Batch(image, flat[:, 0].long(), flat[:, 1])


def _recolour(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Gain a channel, contrast and brightness an image, and now and then a blur: other cameras, other light."""
    n = len(image)
    gain = torch.from_numpy(rng.uniform(0.85, 1.15, (n, 3, 1, 1)) * rng.uniform(0.75, 1.3, (n, 1, 1, 1))).float()
    shift = torch.from_numpy(rng.uniform(-0.1, 0.1, (n, 1, 1, 1))).float()
    coloured = (image * gain + shift).clamp(0, 1)
    if rng.random() < 0.15:
        coloured = functional.avg_pool2d(coloured, 3, stride=1, padding=1)
    return coloured.contiguous(memory_format=torch.channels_last)

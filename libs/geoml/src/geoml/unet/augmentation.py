"""Training windows as other cameras, from other sides and heights, might have seen them."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from geoml.unet.samples import Batch, WindowSampler, batch

TURN, SCALE, STRETCH, SHEAR = np.pi / 4, 1.35, 1.12, 0.08
"""Radians, factors and a slope: how far a window is changed at most."""
BOX_SCALE = 1.25
"""Of windows with boxes, which are neither turned nor sheared: the box of a turned building is another one."""

BLURRED, SHARPENED, SHARPNESS = 0.25, 0.2, 0.7
"""Shares of the batches, and the weight of what a blur takes away."""


def training_batch(windows: WindowSampler, rng: np.random.Generator, size: int, side: int) -> Batch:
    cut = batch([flip(windows.sample(rng, side * 3 // 2), int(rng.integers(8))) for _ in range(size)])
    turned = _transform(cut, rng, side)
    return replace(turned, image=_recolour(turned.image, rng))


def flip(tile: NDArray[np.int16], orientation: int) -> NDArray[np.int16]:
    """One of the eight rotations and reflections of a square; what was at the right is at the top after one turn."""
    turned = np.rot90(tile, orientation % 4)
    sides = np.roll(turned[:, :, 6:], -(orientation % 4), 2)
    if orientation >= 4:
        turned, sides = turned[:, ::-1], sides[:, ::-1, [2, 1, 0, 3][: sides.shape[2]]]
    return np.dstack([turned[:, :, :6], sides])


def _transform(cut: Batch, rng: np.random.Generator, side: int) -> Batch:
    """Turns, scales, stretches and shears about the centre; the result is cut to `side` pixels."""
    n, boxes = len(cut.image), cut.sides.shape[1] > 0
    scale = (BOX_SCALE if boxes else SCALE) ** rng.uniform(-1, 1, n)
    matrix = np.eye(2) * scale[:, None, None] if boxes else _sheared(rng, scale)
    rows = np.pad(matrix * side / cut.image.shape[-1], ((0, 0), (0, 0), (0, 1)))
    grid = functional.affine_grid(torch.from_numpy(rows).float(), [n, 3, side, side], align_corners=False)
    flat = torch.stack([cut.target.float(), cut.weight, cut.depth], dim=1)
    layers = torch.cat([flat, cut.sides / torch.from_numpy(scale).float()[:, None, None, None]], dim=1)
    image = functional.grid_sample(cut.image, grid, align_corners=False)
    found = functional.grid_sample(layers, grid, mode="nearest", align_corners=False)
    return Batch(image, found[:, 0].long(), found[:, 1], found[:, 2], found[:, 3:])


def _sheared(rng: np.random.Generator, scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns matrices [n, 2, 2] that turn what was stretched and sheared."""
    n = len(scale)
    angle, stretch, slope = rng.uniform(-TURN, TURN, n), STRETCH ** rng.uniform(-1, 1, n), rng.uniform(-SHEAR, SHEAR, n)
    sine, cosine, none = np.sin(angle), np.cos(angle), np.zeros(n)
    turn = np.array([[cosine, -sine], [sine, cosine]]).transpose(2, 0, 1)
    shape = np.array([[stretch, slope], [none, 1 / stretch]]).transpose(2, 0, 1)
    return turn @ shape * scale[:, None, None]


def _recolour(image: Tensor, rng: np.random.Generator) -> Tensor:
    """Other saturation, gains of the channels, gamma, contrast and brightness; sometimes blurred or sharpened."""

    def some(low: float, high: float, channels: int = 1) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (len(image), channels, 1, 1))).float()

    coloured = torch.lerp(image.mean(1, keepdim=True), image, some(0.5, 1.4)) * some(0.85, 1.15, 3)
    lit = coloured.clamp(1e-4, 1) ** some(-0.6, 0.6).exp2()
    middle = lit.mean((1, 2, 3), keepdim=True)
    seen = (torch.lerp(middle, lit, some(0.65, 1.35)) + some(-0.15, 0.15)).clamp(0, 1)
    return _refocus(seen, rng.random()).contiguous(memory_format=torch.channels_last)


def _refocus(image: Tensor, luck: float) -> Tensor:
    if luck >= BLURRED + SHARPENED:
        return image
    blurred = functional.avg_pool2d(image, 3, stride=1, padding=1)
    return blurred if luck < BLURRED else (image + SHARPNESS * (image - blurred)).clamp(0, 1)

"""What a training window may become: the labels follow the picture, and boxes stay upright."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not in the workspace: models/unet/requirements.txt")

from geoml.unet.augmentation import training_batch
from geoml.unet.samples import Batch, WindowSampler

SIDE = 128


class Squares(WindowSampler):
    """White squares on black ground; with `boxes`, four layers more."""

    def __init__(self, boxes=0):
        self.boxes = boxes

    def sample(self, rng, side):
        tile = np.zeros((side, side, 6 + self.boxes), np.int16)
        tile[..., 4] = 4
        tile[side // 3 : side * 2 // 3, side // 3 : side * 2 // 3] = [200, 200, 200, 1, 4, 255] + [9] * self.boxes
        return tile


def made(seed=0, boxes=0) -> Batch:
    return training_batch(Squares(boxes), np.random.default_rng(seed), 8, SIDE)


def test_labels_and_depth_follow_the_picture():
    batch = made()
    bright = batch.image.mean(1) > batch.image.mean((1, 2, 3))[:, None, None] + 0.1
    assert ((batch.target > 0) == bright)[batch.weight > 0].float().mean() > 0.97
    assert ((batch.depth > 0.5) == (batch.target > 0)).all()


def test_no_two_windows_look_alike():
    batch = made()
    areas, colours = (batch.target > 0).sum((1, 2)).tolist(), batch.image.amax((2, 3)).tolist()
    assert len(set(areas)) == len({tuple(one) for one in colours}) == 8
    assert 0 <= batch.image.min() <= batch.image.max() <= 1


def upright(target) -> bool:
    """Every row that meets the building meets the same columns."""
    return len({tuple(row) for row in target.tolist() if any(row)}) == 1


def test_windows_with_boxes_are_not_turned():
    assert all(upright(one) for one in made(boxes=4).target)
    assert not any(upright(one) for one in made().target)

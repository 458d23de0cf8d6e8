"""From class probabilities to one number per building: seeds from interiors, grown to the edge of the mask."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoml.labels import BACKGROUND, BORDER, INTERIOR

SMOOTH_METRES = 0.4
SEED_MARGIN = 0.55
MIN_SEED_METRES2 = 1.5


def building_probability(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """[3, height, width] to [height, width]: interior or border, that is, not background."""
    return 1 - probabilities[BACKGROUND]


def label_instances(probabilities: NDArray[np.float32], threshold: float, metres: float) -> NDArray[np.int32]:
    """Numbers of buildings, 0 for none, over the pixels whose building probability reaches `threshold`.

    A seed is a connected piece that is interior rather than border by SEED_MARGIN; every other pixel of the mask
    goes to the nearest seed of its connected piece, so buildings that touch come apart along their common border.
    A piece of the mask without a seed is a building of its own. `metres` is the side of a pixel.
    """
    mask = building_probability(probabilities) >= threshold
    pieces, _ = ndimage.label(mask)
    seeds, count = _seeds(probabilities, mask, metres)
    seeded = np.isin(pieces, np.unique(pieces[seeds > 0]))
    return np.where(seeded, _nearest(seeds), np.where(mask, pieces + count, 0)).astype(np.int32) * mask


def _seeds(probabilities: NDArray[np.float32], mask: NDArray[np.bool_], metres: float) -> tuple[NDArray, int]:
    margin = ndimage.gaussian_filter(probabilities[INTERIOR] - probabilities[BORDER], SMOOTH_METRES / metres)
    seeds, count = ndimage.label(mask & (margin > SEED_MARGIN))
    sizes = np.bincount(seeds.ravel(), minlength=count + 1)
    seeds[sizes[seeds] * metres**2 < MIN_SEED_METRES2] = 0
    return seeds, count


def _nearest(seeds: NDArray) -> NDArray:
    row, column = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    return seeds[row, column]

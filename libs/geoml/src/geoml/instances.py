"""Instance segmentation of class probabilities: seeds are interiors, grown to the edge of the building mask."""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from geoml.labels import BACKGROUND, BORDER, INTERIOR

SMOOTH_METRES = 0.4
SEED_MARGIN = 0.55
MIN_SEED_METRES2 = 1.5


def building_probability(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the probability [height, width] of interior or border, from probabilities [3, height, width]."""
    return 1 - probabilities[BACKGROUND]


def label_instances(probabilities: NDArray[np.float32], threshold: float, metres_per_pixel: float) -> NDArray[np.int32]:
    """Returns instance numbers [height, width]; 0 where the building probability is below `threshold`.

    A seed is a connected component where interior exceeds border by SEED_MARGIN; every other pixel of the mask is
    assigned to the nearest seed of its component, so buildings that touch are separated along their common border.
    A component of the mask without a seed is one building. `metres_per_pixel` is the side of a pixel.
    """
    mask = building_probability(probabilities) >= threshold
    pieces, _ = _components(mask)
    seeds, count = _seeds(probabilities, mask, metres_per_pixel)
    seeded = np.isin(pieces, np.unique(pieces[seeds > 0]))
    return np.where(seeded, _nearest(seeds), np.where(mask, pieces + count, 0)).astype(np.int32) * mask


def _seeds(probabilities: NDArray[np.float32], mask: NDArray[np.bool_], metres_per_pixel: float) -> tuple[NDArray, int]:
    margin = ndimage.gaussian_filter(probabilities[INTERIOR] - probabilities[BORDER], SMOOTH_METRES / metres_per_pixel)
    seeds, count = _components(mask & (margin > SEED_MARGIN))
    sizes = np.bincount(seeds.ravel(), minlength=count + 1)
    seeds[sizes[seeds] * metres_per_pixel**2 < MIN_SEED_METRES2] = 0
    return seeds, count


def _components(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int32], int]:
    return cast("tuple[NDArray[np.int32], int]", ndimage.label(mask))


def _nearest(seeds: NDArray) -> NDArray:
    nearest = ndimage.distance_transform_edt(seeds == 0, return_distances=False, return_indices=True)
    row, column = cast("NDArray[np.int32]", nearest)
    return seeds[row, column]

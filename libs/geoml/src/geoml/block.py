"""One block of a layout: what the model makes of its pixels, and the buildings in that.

Every block is looked at with a margin around it; see `seams`.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from geoml.grid import PixelBox
from geoml.instances import building_probability, label_instances
from geoml.mosaic import Mosaic
from geoml.outlines import trace
from geoml.seams import Finding
from geoml.session import Session, run

MARGIN, STRIDE = 64, 32
Looks = Iterator[tuple[PixelBox, NDArray[np.float32] | None]]


def looks(session: Session, mosaic: Mosaic, blocks: Iterable[PixelBox]) -> Looks:
    """Each block with the class probabilities [3, H, W] of its view, None where there is no data.

    A thread is one block ahead: decoding and the model need the interpreter little, what follows needs it most.
    """
    ahead: tuple[PixelBox, Future] | None = None
    with ThreadPoolExecutor(1, "look") as pool:
        for block in blocks:
            following = block, pool.submit(_look, session, mosaic, block)
            if ahead:
                yield ahead[0], ahead[1].result()
            ahead = following
        if ahead:
            yield ahead[0], ahead[1].result()


def _look(session: Session, mosaic: Mosaic, block: PixelBox) -> NDArray[np.float32] | None:
    image = mosaic.window(mosaic.layout.view(block, MARGIN))
    return class_probabilities(session, image) if image[:, :, 3].any() else None


def class_probabilities(session: Session, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[H, W, 4] with validity to [3, H, W]; what has no data is background for certain."""
    height, width = image.shape[:2]
    padded = np.zeros((-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE, 3), np.float32)
    padded[:height, :width] = image[:, :, :3] / np.float32(255)
    output = run(session, padded.transpose(2, 0, 1)[None])[0, :, :height, :width]
    return np.where(image[:, :, 3] > 0, output, np.float32([1, 0, 0])[:, None, None])


def find(probabilities: NDArray[np.float32], threshold: float, mosaic: Mosaic, block: PixelBox) -> list[Finding]:
    """Buildings that have a pixel in the block, seen with the margin around it."""
    view = mosaic.layout.view(block, MARGIN)
    instances = label_instances(probabilities, threshold, mosaic.layout.grid.metres(view))
    return _findings(instances, building_probability(probabilities), view, block)


def _findings(
    instances: NDArray[np.int32], strength: NDArray[np.float32], view: PixelBox, block: PixelBox
) -> list[Finding]:
    inner = _mask(view, block)
    numbers, pixels = np.unique(instances[inner], return_counts=True)
    sums = ndimage.sum(strength[inner], instances[inner], numbers)
    outlines, core, seen = trace(instances), shapely.box(*block), shapely.box(*view)
    found = []
    for number, count, total in zip(numbers, pixels, sums, strict=True):
        if number:
            whole = shapely.transform(outlines[number], lambda p: p + view[:2])
            found.append(Finding(whole, whole.intersection(core), seen, int(count), float(total)))
    return found


def _mask(view: PixelBox, block: PixelBox) -> tuple[slice, slice]:
    left, top, right, bottom = view
    columns = slice(max(block[0], left) - left, min(block[2], right) - left)
    return slice(max(block[1], top) - top, min(block[3], bottom) - top), columns

"""Inference block by block: class probabilities of a block, and the buildings detected in it.

A block is computed with a margin around it; `geoml.stitching` merges the buildings that block borders cut.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import shapely
from numpy.typing import NDArray

from geoml.grid import PixelBox
from geoml.instances import InstanceOptions, building_probability, label_instances
from geoml.labels import BACKGROUND
from geoml.mosaic import Mosaic
from geoml.polygonize import polygonize_instances
from geoml.session import Session, run
from geoml.stitching import Detection

MARGIN, STRIDE = 64, 32
"""Pixels around a block; the sides of a model's input are multiples of STRIDE."""
BlockProbabilities = Iterator[tuple[PixelBox, NDArray[np.float32] | None]]


def infer_blocks(session: Session, mosaic: Mosaic, blocks: Iterable[PixelBox]) -> BlockProbabilities:
    """Yields each block with the class probabilities [channels, height, width] of its padded window; None without data.

    A thread computes one block ahead: decoding and the model release the interpreter, what follows holds it.
    """
    ahead: tuple[PixelBox, Future] | None = None
    with ThreadPoolExecutor(1, "inference") as pool:
        for block in blocks:
            following = block, pool.submit(_infer_block, session, mosaic, block)
            if ahead:
                yield ahead[0], ahead[1].result()
            ahead = following
        if ahead:
            yield ahead[0], ahead[1].result()


def _infer_block(session: Session, mosaic: Mosaic, block: PixelBox) -> NDArray[np.float32] | None:
    image = mosaic.window(mosaic.layout.padded(block, MARGIN))
    return class_probabilities(session, image) if image[:, :, 3].any() else None


def class_probabilities(session: Session, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns the model's output [channels, height, width]: background, interior and border, and depth if it has one.

    `image` is [height, width, 4]: red, green, blue, and 255 where there is data. Pixels without data are background.
    """
    height, width = image.shape[:2]
    padded = np.zeros((-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE, 3), np.float32)
    padded[:height, :width] = image[:, :, :3] / np.float32(255)
    output = run(session, padded.transpose(2, 0, 1)[None])[0, :, :height, :width]
    ground = np.zeros((len(output), 1, 1), np.float32)
    ground[BACKGROUND] = 1
    return np.where(image[:, :, 3] > 0, output, ground)


def detect_buildings(
    probabilities: NDArray[np.float32], options: InstanceOptions, mosaic: Mosaic, block: PixelBox
) -> list[Detection]:
    """Returns the buildings that have a pixel in `block`.

    `probabilities` [channels, height, width] are those of the padded block. Outlines are in pixels of the mosaic's
    grid.
    """
    window = mosaic.layout.padded(block, MARGIN)
    instances = label_instances(probabilities, options, mosaic.layout.grid.metres_per_pixel(window))
    return _detections(instances, building_probability(probabilities), window, block)


def _detections(
    instances: NDArray[np.int32], probability: NDArray[np.float32], window: PixelBox, block: PixelBox
) -> list[Detection]:
    inner = _inside(window, block)
    numbers = instances[inner].ravel()
    pixels, sums = np.bincount(numbers), np.bincount(numbers, probability[inner].ravel())
    outlines, core, seen = polygonize_instances(instances), shapely.box(*block), shapely.box(*window)
    found = []
    for number in (np.flatnonzero(pixels[1:]) + 1).tolist():
        whole = shapely.transform(outlines[number], lambda p: p + window[:2])
        inside = whole if _is_within(whole, block) else whole.intersection(core)
        found.append(Detection(whole, inside, seen, int(pixels[number]), float(sums[number])))
    return found


def _is_within(outline: shapely.Polygon, block: PixelBox) -> bool:
    left, top, right, bottom = outline.bounds
    return block[0] <= left and block[1] <= top and right <= block[2] and bottom <= block[3]


def _inside(window: PixelBox, block: PixelBox) -> tuple[slice, slice]:
    """The rows and columns of the window that belong to the block."""
    left, top, right, bottom = window
    columns = slice(max(block[0], left) - left, min(block[2], right) - left)
    return slice(max(block[1], top) - top, min(block[3], bottom) - top), columns

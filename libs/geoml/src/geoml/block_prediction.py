"""Predictions of models that answer block by block for themselves: no outline has to be put together afterwards."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoml.chips import list_chips
from geoml.features import Building, building_features
from geoml.grid import ChipLayout, PixelBox, chip_layouts
from geoml.mosaic import Mosaic
from geoml.predict import BLOCK_PIXELS, GROUND_RESOLUTION, ProgressCallback, StageProgress
from geoml.session import Session
from geoml.tiled_inference import MARGIN, infer_blocks

Find = Callable[[ChipLayout, StageProgress], list[Building]]


class SeenBlock(NamedTuple):
    """A block, the window around it, and of the window: what the model says [channels, height, width], and where there
    is data."""

    block: PixelBox
    window: PixelBox
    output: NDArray[np.float32]
    seen: NDArray[np.bool_]


def predict_folder(find: Find, input_images: str, source: str, on_progress: ProgressCallback) -> list[dict[str, Any]]:
    """Returns what `find` finds in the images of a folder, as GeoJSON features in EPSG:4326.

    Raises FileNotFoundError when the folder holds no image, ValueError for unusable images.
    """
    layouts = chip_layouts(list_chips(input_images), GROUND_RESOLUTION)
    blocks = sum(len(layout.blocks(BLOCK_PIXELS)) for layout in layouts)
    progress = StageProgress("predict", blocks, on_progress)
    return [feature for layout in layouts for feature in building_features(layout.grid, find(layout, progress), source)]


def find_silently(find: Find, layout: ChipLayout) -> list[Building]:
    return find(layout, StageProgress("", 0, lambda *_: None))


def seen_blocks(session: Session, layout: ChipLayout, progress: StageProgress) -> Iterator[SeenBlock]:
    """Yields the blocks with data, and counts all."""
    mosaic = Mosaic(layout)
    for block, output in infer_blocks(session, mosaic, layout.blocks(BLOCK_PIXELS)):
        if output is not None:
            window = layout.padded(block, MARGIN)
            yield SeenBlock(block, window, output, mosaic.window(window)[:, :, 3] > 0)
        progress.add()

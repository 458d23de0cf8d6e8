"""The one way from images to building polygons, for batch, live and evaluation alike."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage

from geoml import report
from geoml.chips import list_chips
from geoml.features import Building, collection
from geoml.grid import Layout, PixelBox, layouts
from geoml.instances import building_probability, label_instances
from geoml.mosaic import Mosaic
from geoml.outlines import Style, clean, trace, without_overlaps
from geoml.seams import Finding, join
from geoml.session import Session, run

GROUND_RESOLUTION = 0.265
BLOCK, MARGIN, STRIDE = 768, 64, 32
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Params:
    """What a caller may set; `threshold` is the least building probability of a pixel."""

    threshold: float
    style: Style

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "Params":
        """ValueError without `confidence_threshold` or with one outside 0…1."""
        if "confidence_threshold" not in params:
            raise ValueError("confidence_threshold is required")
        threshold = float(params["confidence_threshold"])
        if not 0 <= threshold <= 1:
            raise ValueError("confidence_threshold must be between 0 and 1")
        given = {key: params[key] for key in ("min_area", "max_hole", "tolerance", "right_angles") if key in params}
        return cls(threshold, Style(**given))


def _report(done: int, total: int) -> None:
    report.progress(done, total, "predict")
    report.raise_if_cancelled()


def predict(
    session: Session,
    input_images: str,
    params: Mapping[str, Any],
    *,
    source: str,
    on_block: Progress = _report,
) -> dict[str, Any]:
    """Buildings of a folder of images as a FeatureCollection in EPSG:4326.

    `session` maps [n, 3, H, W] in 0…1, at GROUND_RESOLUTION metres a pixel, to the probabilities
    [n, 3, H, W] of background, interior and border. Work goes block by block (memory does not grow
    with the number of images); `on_block(done, total)` is called after each and may raise to stop.
    FileNotFoundError when the folder has no image.
    """
    wanted = Params.read(params)
    sheets = layouts(list_chips(input_images), GROUND_RESOLUTION)
    total = sum(len(sheet.blocks(BLOCK)) for sheet in sheets)
    features, done = [], 0
    for sheet in sheets:
        features += collection(sheet.grid, buildings(session, sheet, wanted, _offset(on_block, done, total)), source)
        done += len(sheet.blocks(BLOCK))
    return {"type": "FeatureCollection", "features": features}


def _offset(on_block: Progress, done: int, total: int) -> Callable[[int], None]:
    return lambda n: on_block(done + n, total)


def buildings(session: Session, layout: Layout, wanted: Params, on_block: Callable[[int], None]) -> list[Building]:
    """Whole buildings are cleaned at once; those on a block's edge wait until all blocks are done."""
    mosaic, cut, ready = Mosaic(layout), [], []
    for number, block in enumerate(layout.blocks(BLOCK), 1):
        found = find(session, mosaic, block, wanted.threshold)
        cut += [f for f in found if f.cut]
        metres = layout.grid.metres(block)
        ready += [b for f in found if not f.cut and (b := _building(f, metres, wanted.style))]
        on_block(number)
    for f in join(cut):
        building = _building(f, layout.grid.metres(tuple(map(int, f.whole.bounds))), wanted.style)
        ready += [building] if building else []
    outlines = without_overlaps([b.outline for b in ready])
    return [Building(o, b.confidence) for o, b in zip(outlines, ready, strict=True) if not o.is_empty]


def _building(finding: Finding, metres: float, style: Style) -> Building | None:
    outline = clean(finding.whole, metres, style)
    return Building(outline, finding.probability / finding.pixels) if outline else None


def find(session: Session, mosaic: Mosaic, block: PixelBox, threshold: float) -> list[Finding]:
    """Buildings that have a pixel in the block, seen with the margin around it."""
    view = mosaic.layout.view(block, MARGIN)
    image = mosaic.window(view)
    if not image[:, :, 3].any():
        return []
    probabilities = class_probabilities(session, image)
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


def class_probabilities(session: Session, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[H, W, 4] with validity to [3, H, W]; what has no data is background for certain."""
    height, width = image.shape[:2]
    padded = np.zeros((-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE, 3), np.float32)
    padded[:height, :width] = image[:, :, :3] / np.float32(255)
    output = run(session, padded.transpose(2, 0, 1)[None])[0, :, :height, :width]
    return np.where(image[:, :, 3] > 0, output, np.float32([1, 0, 0])[:, None, None])


def _mask(view: PixelBox, block: PixelBox) -> tuple[slice, slice]:
    left, top, right, bottom = view
    columns = slice(max(block[0], left) - left, min(block[2], right) - left)
    return slice(max(block[1], top) - top, min(block[3], bottom) - top), columns

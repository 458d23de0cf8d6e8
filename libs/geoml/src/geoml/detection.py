"""Boxes around buildings: the counterpart of `geoml.predict` and `geoml.evaluation` for models that detect.

What such a model answers has the form of a segmentation, and four more channels: from each pixel of a building, how far
the left, top, right and bottom of its box are. Sides of boxes run along rows and columns of the grid.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import ndimage
from shapely.geometry.base import BaseGeometry

from geoml.block_cache import BlockCache
from geoml.block_prediction import SeenBlock, find_silently, predict_folder, seen_blocks
from geoml.calibration import Calibration
from geoml.cross_fitting import Trust, confidence_metrics, cross_fit, f1_metrics, halves
from geoml.features import Building
from geoml.grid import ChipLayout
from geoml.labels import BACKGROUND, LabelRasterizer
from geoml.metrics import average_precision
from geoml.non_maximum_suppression import suppress
from geoml.predict import ProgressCallback, StageProgress, report_progress
from geoml.scoring import Scored, clipped, score
from geoml.session import Session

HEAT, SIDES = 3, slice(4, 8)
"""The channels of the depth, whose tops are middles of buildings, and of the distances, pixels."""
LOWEST = 0.1
"""Confidence before calibration from which a box is one."""
AGREEMENT = 0.7
"""Weight of the agreement of pixels in the confidence of a box; the rest is that of the heat. Alone, the heat says
nothing of how right the boxes of small houses are."""
SMOOTHING, APART, NEAR = 2.5, 5, 3.0
"""Standard deviation of the smoothing of the heat; width of the square in which it has one top; standard deviation of
the weights of the pixels that tell a box; pixels."""


@dataclass(frozen=True)
class DetectParams:
    trust: Trust
    """with the confidence from which a box is shown"""
    iou_threshold: float
    """Of two boxes that overlap by more, the one of less confidence goes."""

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "DetectParams":
        """Raises ValueError as `Trust.read` does."""
        return cls(Trust.read(params), float(params.get("iou_threshold", 0.45)))


def predict(
    session: Session,
    input_images: str,
    params: Mapping[str, Any],
    *,
    source: str,
    on_progress: ProgressCallback = report_progress,
    cache: BlockCache | None = None,
) -> dict[str, Any]:
    """Returns the boxes in a folder of images as a FeatureCollection in EPSG:4326, as `geoml.predict.predict` does.

    `confidence` is the probability that a box matches a building. `cache` is not used: a block costs what it costs to
    read it.
    """
    find = partial(_boxes, session, DetectParams.read(params))
    return {"type": "FeatureCollection", "features": predict_folder(find, input_images, source, on_progress)}


def boxes(session: Session, layout: ChipLayout, params: Mapping[str, Any]) -> list[Building]:
    """Returns the boxes of a layout, in pixels of its grid."""
    return find_silently(partial(_boxes, session, DetectParams.read(params)), layout)


def _boxes(session: Session, wanted: DetectParams, layout: ChipLayout, progress: StageProgress) -> list[Building]:
    found = [box for block in seen_blocks(session, layout, progress) for box in _candidates(block)]
    sure = [Building(box.outline, float(wanted.trust.calibration.apply(box.confidence))) for box in found]
    kept = suppress(sure, wanted.iou_threshold)
    return [box for box in kept if box.confidence >= wanted.trust.threshold]


def _candidates(seen: SeenBlock) -> Iterator[Building]:
    """The boxes whose middles lie in the block."""
    found, confidence = read_boxes(seen.output)
    x0, y0, x1, y1 = found.T + np.array([*seen.window[:2]] * 2)[:, None]
    left, top, right, bottom = seen.block
    x, y, outlines = (x0 + x1) / 2, (y0 + y1) / 2, shapely.box(x0, y0, x1, y1)
    for n in np.flatnonzero((left <= x) & (x < right) & (top <= y) & (y < bottom)):
        yield Building(outlines[n], float(confidence[n]))


def read_boxes(output: NDArray[np.float32]) -> tuple[NDArray, NDArray]:
    """Returns boxes [n, 4] (left, top, right, bottom in pixels) and confidences [n] of a model's output
    [channels, height, width]: one box for each top of the heat, the mean of those that the pixels around it tell. It is
    as sure as the heat is high and as the pixels inside the box agree on it."""
    heat = output[HEAT] * (1 - output[BACKGROUND])
    smooth = ndimage.gaussian_filter(heat, SMOOTHING)
    tops = np.nonzero((smooth == ndimage.maximum_filter(smooth, APART)) & (smooth >= LOWEST))
    edges = _edges(output[SIDES])
    found = _mean_edges(edges, heat)[:, *tops].T
    agreed = np.array([_agreement(box, edges, 1 - output[BACKGROUND]) for box in found])
    return found, smooth[tops].clip(max=1) ** (1 - AGREEMENT) * agreed**AGREEMENT


def _edges(sides: NDArray[np.float32]) -> NDArray:
    """Returns left, top, right and bottom [4, height, width] of the box that each pixel tells, in pixels of the
    window."""
    rows, columns = np.mgrid[: sides.shape[1], : sides.shape[2]].astype(np.float32) + np.float32(0.5)
    return np.stack([columns - sides[0], rows - sides[1], columns + sides[2], rows + sides[3]])


def _agreement(box: NDArray, edges: NDArray, building: NDArray) -> float:
    """Returns the mean IoU of a box with those that the pixels of buildings inside it tell."""
    left, top = np.floor(box[:2]).astype(int).clip(0)
    right, bottom = np.ceil(box[2:]).astype(int)
    inside = slice(top, bottom), slice(left, right)
    weight, (x0, y0, x1, y1) = building[inside], edges[:, *inside]
    width = (np.minimum(x1, box[2]) - np.maximum(x0, box[0])).clip(0)
    shared = width * (np.minimum(y1, box[3]) - np.maximum(y0, box[1])).clip(0)
    either = (x1 - x0) * (y1 - y0) + (box[2] - box[0]) * (box[3] - box[1]) - shared
    return float((weight * shared / np.maximum(either, 1e-6)).sum() / max(weight.sum(), 1e-6))


def _mean_edges(edges: NDArray, heat: NDArray[np.float32]) -> NDArray:
    """Returns the means of the edges that the pixels around tell, weighted by their heat."""
    total = np.maximum(ndimage.gaussian_filter(heat, NEAR), 1e-6)
    return np.stack([ndimage.gaussian_filter(edge * heat, NEAR) / total for edge in edges])


def evaluate(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns metrics over the boxes on the chips, `reliability` of those shown, and `post_processing`: the calibration
    and threshold that suit. Labels are the boxes of `polygons`. Raises ValueError as `DetectParams.read` does."""
    wanted = DetectParams.read(params)
    anything = DetectParams(Trust(Calibration(), 0.0), wanted.iou_threshold)
    compared = [_compared(session, layout, polygons, anything) for layout in layouts]
    sides = halves(placed.chip.name for layout in layouts for placed in layout.chips)
    first, second = (sum((score_on(side) for score_on in compared), Scored()) for side in sides)
    decided, learnt = cross_fit(first, second, wanted.trust)
    every, shown = first + second, decided.accepted
    sure = confidence_metrics(decided.confidence[shown].tolist(), decided.right[shown].tolist())
    map50 = average_precision(every.confidence, every.right, every.labels)
    return {"map50": map50, **f1_metrics(decided), **sure, "post_processing": learnt}


def _compared(
    session: Session, layout: ChipLayout, polygons: Sequence[BaseGeometry], wanted: DetectParams
) -> Callable[[Sequence[str]], Scored]:
    """Returns the score by names of chips; a layout is predicted once."""
    labels = LabelRasterizer(layout, polygons)
    truth = list(shapely.envelope(np.asarray(clipped(layout, labels), object)))
    found = find_silently(partial(_boxes, session, wanted), layout)
    return partial(score, layout, truth, found, labels.metres_per_pixel)

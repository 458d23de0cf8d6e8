"""Whether there is a building: yes or no for each cell of a chip, which together are a heat map.

The counterpart of `geoml.predict` and `geoml.evaluation` for models whose task is classification. What such a model
answers has the same form: probabilities [n, channels, height, width], of which channel 0 is the ground.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from geoml.block_cache import BlockCache
from geoml.block_prediction import find_silently, predict_folder, seen_blocks
from geoml.cells import building_in, divided, is_seen, labelled_cells
from geoml.cross_fitting import Decided, Trust, confidence_metrics, cross_fit, f1_metrics, halves
from geoml.features import Building
from geoml.grid import ChipLayout, PixelBox
from geoml.instances import building_probability
from geoml.labels import LabelRasterizer
from geoml.predict import ProgressCallback, StageProgress, report_progress
from geoml.scoring import Scored
from geoml.session import Session
from geoml.tiled_inference import MARGIN
from geoml.tuning import scenes

LABELS = "no_building", "building"


@dataclass(frozen=True)
class ClassifyParams:
    trust: Trust
    """with the probability from which the answer is yes"""
    cells: int
    """along the side of a chip; 1 answers for whole chips"""

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "ClassifyParams":
        """Raises ValueError as `Trust.read` does."""
        return cls(Trust.read(params), int(params.get("cells", 1)))


def predict(
    session: Session,
    input_images: str,
    params: Mapping[str, Any],
    *,
    source: str,
    on_progress: ProgressCallback = report_progress,
    cache: BlockCache | None = None,
) -> dict[str, Any]:
    """Returns the cells of all images in a folder as a FeatureCollection in EPSG:4326, as `geoml.predict.predict` does.

    `class` and `label` say yes or no, `confidence` is the probability of a building. Cells without data are left out.
    `cache` is not used: a chip costs milliseconds.
    """
    wanted = ClassifyParams.read(params)
    cells = predict_folder(partial(_cells, session, wanted), input_images, source, on_progress)
    return {"type": "FeatureCollection", "features": [_answered(cell, wanted.trust.threshold) for cell in cells]}


def yes_cells(session: Session, layout: ChipLayout, params: Mapping[str, Any]) -> list[Building]:
    """Returns the cells of a layout that hold a building, in pixels of its grid."""
    wanted = ClassifyParams.read(params)
    found = find_silently(partial(_cells, session, wanted), layout)
    return [cell for cell in found if cell.confidence >= wanted.trust.threshold]


def _cells(session: Session, wanted: ClassifyParams, layout: ChipLayout, progress: StageProgress) -> list[Building]:
    found = []
    for block, window, output, seen in seen_blocks(session, layout, progress):
        probability = building_probability(output)
        for cell in _cells_of(layout, block, wanted.cells):
            inside = _within(window, cell)
            if is_seen(inside, seen):
                confidence = wanted.trust.calibration.apply(building_in(inside, probability))
                found.append(Building(shapely.box(*cell), float(confidence)))
    return found


def _within(window: PixelBox, cell: PixelBox) -> PixelBox:
    left, top, *_ = window
    return cell[0] - left, cell[1] - top, cell[2] - left, cell[3] - top


def _cells_of(layout: ChipLayout, block: PixelBox, cells: int) -> Iterator[PixelBox]:
    """The cells whose middle lies in the block, cut to what the block can see."""
    left, top, right, bottom = layout.padded(block, MARGIN)
    for placed in layout.intersecting(block):
        for x0, y0, x1, y1 in divided(placed.box, cells):
            if block[0] <= (x0 + x1) / 2 < block[2] and block[1] <= (y0 + y1) / 2 < block[3]:
                yield max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)


def _answered(feature: dict[str, Any], threshold: float) -> dict[str, Any]:
    properties = feature["properties"]
    answer = int(properties["confidence"] >= threshold)
    ours = {"class": answer, "label": LABELS[answer]}
    return {**feature, "properties": {**properties, **ours, "building": "yes" if answer else None}}


def evaluate(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns metrics over the cells of the chips, `reliability`, and `post_processing`: the calibration and threshold
    that suit. Raises ValueError as `ClassifyParams.read` does."""
    wanted = ClassifyParams.read(params)
    chips = _scored(session, layouts, polygons, wanted.cells)
    first, second = (sum((chips[name] for name in half), Scored()) for half in halves(chips))
    decided, learnt = cross_fit(first, second, wanted.trust)
    sure = confidence_metrics(decided.confidence.tolist(), decided.right.tolist())
    return {"accuracy": _accuracy(decided), **f1_metrics(decided), **sure, "post_processing": learnt}


def _scored(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], cells: int
) -> dict[str, Scored]:
    """The cells of each chip by its name; an answer is right where it is yes and there is a building."""
    found = {}
    for layout in layouts:
        for scene in scenes(session, layout, LabelRasterizer(layout, polygons)):
            probability = building_probability(scene.probabilities)[scene.inner]
            pairs = labelled_cells(scene, probability, cells)
            real = [is_building for _, is_building in pairs]
            found[scene.chip.chip.name] = Scored(sum(real), [confidence for confidence, _ in pairs], real)
    return found


def _accuracy(decided: Decided) -> float:
    return float((decided.accepted == decided.right).mean())

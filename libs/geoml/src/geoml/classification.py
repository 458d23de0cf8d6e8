"""Whether there is a building: yes or no for each cell of a chip, which together are a heat map.

The counterpart of `geoml.predict` and `geoml.evaluation` for models whose task is classification. What such a model
answers has the same form: probabilities [n, channels, height, width], of which channel 0 is the ground.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoml.block_cache import BlockCache
from geoml.calibration import Calibration, expected_calibration_error, fit_calibration, reliability
from geoml.cells import building_in, divided, is_seen, labelled_cells
from geoml.chips import list_chips
from geoml.features import Building, building_features
from geoml.grid import ChipLayout, PixelBox, chip_layouts
from geoml.instances import building_probability
from geoml.labels import LabelRasterizer
from geoml.metrics import confusion
from geoml.mosaic import Mosaic
from geoml.predict import BLOCK_PIXELS, GROUND_RESOLUTION, ProgressCallback, StageProgress, report_progress
from geoml.session import Session
from geoml.tiled_inference import MARGIN, infer_blocks
from geoml.tuning import scenes

LABELS = "no_building", "building"
Pairs = list[tuple[float, bool]]
"""Of cells: the building probability, and whether there is a building."""


@dataclass(frozen=True)
class ClassifyParams:
    threshold: float
    """probability from which the answer is yes"""
    cells: int
    """along the side of a chip; 1 answers for whole chips"""
    calibration: Calibration

    @classmethod
    def read(cls, params: Mapping[str, Any]) -> "ClassifyParams":
        """Raises ValueError without `confidence_threshold`, or where it is outside 0…1."""
        if not 0 <= float(params.get("confidence_threshold", -1)) <= 1:
            raise ValueError("confidence_threshold between 0 and 1 is required")
        calibration = Calibration(params.get("calibration_slope", 1.0), params.get("calibration_bias", 0.0))
        return cls(float(params["confidence_threshold"]), int(params.get("cells", 1)), calibration)


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
    layouts = chip_layouts(list_chips(input_images), GROUND_RESOLUTION)
    progress = StageProgress("predict", sum(len(layout.blocks(BLOCK_PIXELS)) for layout in layouts), on_progress)
    return {"type": "FeatureCollection", "features": [
        _answered(feature, wanted.threshold)
        for layout in layouts
        for feature in building_features(layout.grid, list(_cells(session, layout, wanted, progress)), source)
    ]}  # fmt: skip


def yes_cells(session: Session, layout: ChipLayout, params: Mapping[str, Any]) -> list[Building]:
    """Returns the cells of a layout that hold a building, in pixels of its grid."""
    wanted = ClassifyParams.read(params)
    found = _cells(session, layout, wanted, StageProgress("", 0, lambda *_: None))
    return [cell for cell in found if cell.confidence >= wanted.threshold]


def _cells(session: Session, layout: ChipLayout, wanted: ClassifyParams, progress: StageProgress) -> Iterator[Building]:
    mosaic = Mosaic(layout)
    for block, probabilities in infer_blocks(session, mosaic, layout.blocks(BLOCK_PIXELS)):
        if probabilities is not None:
            window = layout.padded(block, MARGIN)
            probability, seen = building_probability(probabilities), mosaic.window(window)[:, :, 3] > 0
            for cell in _cells_of(layout, block, wanted.cells):
                inside = _within(window, cell)
                if is_seen(inside, seen):
                    found = float(wanted.calibration.apply(building_in(inside, probability)))
                    yield Building(shapely.box(*cell), found)
        progress.add()


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
    """Returns metrics over the cells of the chips, `reliability` and `post_processing`, the calibration that suits.

    As in `geoml.evaluation`, the cells of each half of the chips are measured with the calibration that the other half
    gives; a single chip tells nothing. Raises ValueError as `ClassifyParams.read` does.
    """
    wanted = ClassifyParams.read(params)
    chips = _labelled(session, layouts, polygons, wanted.cells)
    first, second = (sum(half, Pairs()) for half in (chips[: len(chips) // 2], chips[len(chips) // 2 :]))
    if not first:
        return {**_figures(second, wanted.threshold), "post_processing": {}}
    crossed = _calibrated(first, _fit(second)) + _calibrated(second, _fit(first))
    sure = _fit(first + second)
    return {
        **_figures(crossed, wanted.threshold),
        "post_processing": {"calibration_slope": sure.slope, "calibration_bias": sure.bias},
    }


def _labelled(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], cells: int
) -> list[Pairs]:
    """Of each chip, in the order of their names."""
    found = {}
    for layout in layouts:
        for scene in scenes(session, layout, LabelRasterizer(layout, polygons)):
            probability = building_probability(scene.probabilities)[scene.inner]
            found[scene.chip.chip.name] = labelled_cells(scene, probability, cells)
    return [found[name] for name in sorted(found)]


def _fit(pairs: Pairs) -> Calibration:
    return fit_calibration([p for p, _ in pairs], [real for _, real in pairs])


def _calibrated(pairs: Pairs, calibration: Calibration) -> Pairs:
    return [(float(calibration.apply(p)), real) for p, real in pairs]


def _figures(pairs: Pairs, threshold: float) -> dict[str, Any]:
    sure, real = np.array([p for p, _ in pairs]), np.array([r for _, r in pairs], bool)
    (right_no, wrong_yes), (wrong_no, right_yes) = confusion(real, sure >= threshold).tolist()
    bins = reliability(sure.tolist(), real.tolist())
    return {
        "accuracy": (right_no + right_yes) / max(len(pairs), 1),
        "precision": right_yes / max(right_yes + wrong_yes, 1),
        "recall": right_yes / max(right_yes + wrong_no, 1),
        "f1": 2 * right_yes / max(2 * right_yes + wrong_yes + wrong_no, 1),
        "calibration_error": expected_calibration_error(bins),
        "reliability": bins,
    }

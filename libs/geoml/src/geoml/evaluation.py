"""Evaluation of a model on validation chips, with the code that predicts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geoml.grid import ChipLayout
from geoml.instances import building_probability
from geoml.labels import LabelRasterizer
from geoml.metrics import confusion, object_metrics, pixel_metrics
from geoml.mosaic import Mosaic
from geoml.predict import BLOCK_PIXELS, PredictParams, predict_layout
from geoml.session import Session
from geoml.tiled_inference import MARGIN, class_probabilities


def evaluate(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], params: Mapping[str, Any]
) -> dict[str, float]:
    """Returns pixel and object metrics over the chips of `layouts` (see `geoml.metrics`).

    `polygons` are the labels in EPSG:4326, cut to these chips. Raises ValueError as `PredictParams.read` does.
    """
    wanted, counts = PredictParams.read(params), np.zeros((2, 2), np.int64)
    truth: list[BaseGeometry] = []
    found: list[BaseGeometry] = []
    for number, layout in enumerate(layouts):
        labels = LabelRasterizer(layout, polygons)
        counts += _pixels(session, layout, labels, wanted.threshold)
        truth += _shifted(number, _clipped(layout, labels, wanted.options.min_area))
        found += _shifted(number, [b.outline for b in predict_layout(session, layout, wanted)])
    return {**pixel_metrics(counts), **object_metrics(truth, found)}


def _pixels(session: Session, layout: ChipLayout, labels: LabelRasterizer, threshold: float) -> np.ndarray:
    mosaic, counts = Mosaic(layout), np.zeros((2, 2), np.int64)
    for block in layout.blocks(BLOCK_PIXELS):
        window, core = layout.padded(block, MARGIN), layout.padded(block, 0)
        image = mosaic.window(window)
        inner = np.s_[core[1] - window[1] : core[3] - window[1], core[0] - window[0] : core[2] - window[0]]
        predicted = (building_probability(class_probabilities(session, image)) >= threshold)[inner]
        seen = image[inner][:, :, 3] > 0
        counts += confusion((labels.mask(core) > 0)[seen], predicted[seen])
    return counts


def _clipped(layout: ChipLayout, labels: LabelRasterizer, min_area: float) -> list[BaseGeometry]:
    """The label polygons clipped to the chips, without remainders smaller than `min_area` square metres."""
    covered = shapely.union_all([shapely.box(*p.box) for p in layout.chips])
    cut = shapely.intersection(np.asarray(labels.inside(layout.extent), object), covered)
    return [g for g in cut if g.area * labels.metres_per_pixel**2 >= min_area]


def _shifted(layout: int, geometries: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Each layout has its own pixel coordinates; a shift keeps geometries of two layouts from matching."""
    return [shapely.transform(g, lambda p: p + layout * 1e8) for g in geometries]

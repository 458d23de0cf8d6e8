"""Measuring a model on validation chips through the same machine that predicts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import Geometry

from geoml.block import MARGIN, class_probabilities
from geoml.grid import Layout
from geoml.instances import building_probability
from geoml.labels import LabelMap
from geoml.metrics import confusion, object_metrics, pixel_metrics
from geoml.mosaic import Mosaic
from geoml.predict import BLOCK, Params, buildings
from geoml.session import Session


def evaluate(
    session: Session, sheets: Sequence[Layout], polygons: Sequence[Geometry], params: Mapping[str, Any]
) -> dict[str, float]:
    """Pixel and object metrics over the chips of `sheets`; labels are EPSG:4326 and cut to these chips."""
    wanted, counts = Params.read(params), np.zeros((2, 2), np.int64)
    truth: list[Geometry] = []
    found: list[Geometry] = []
    for number, sheet in enumerate(sheets):
        labels = LabelMap(sheet, polygons)
        counts += _pixels(session, sheet, labels, wanted.threshold)
        truth += _apart(number, _cut(sheet, labels, wanted.style.min_area))
        found += _apart(number, [b.outline for b in buildings(session, sheet, wanted)])
    return {**pixel_metrics(counts), **object_metrics(truth, found)}


def _pixels(session: Session, sheet: Layout, labels: LabelMap, threshold: float) -> np.ndarray:
    mosaic, counts = Mosaic(sheet), np.zeros((2, 2), np.int64)
    for block in sheet.blocks(BLOCK):
        view, core = sheet.view(block, MARGIN), sheet.view(block, 0)
        image = mosaic.window(view)
        inner = np.s_[core[1] - view[1] : core[3] - view[1], core[0] - view[0] : core[2] - view[0]]
        predicted = (building_probability(class_probabilities(session, image)) >= threshold)[inner]
        seen = image[inner][:, :, 3] > 0
        counts += confusion((labels.mask(core) > 0)[seen], predicted[seen])
    return counts


def _cut(sheet: Layout, labels: LabelMap, min_area: float) -> list[Geometry]:
    """Label polygons cut to the chips; what is left of a building outside them may be a speck, and is dropped."""
    covered = shapely.union_all([shapely.box(*p.box) for p in sheet.placed])
    cut = shapely.intersection(np.asarray(labels.inside(sheet.extent), object), covered)
    return [g for g in cut if g.area * labels.metres**2 >= min_area]


def _apart(sheet: int, geometries: Sequence[Geometry]) -> list[Geometry]:
    """Sheets have pixel coordinates of their own; a shift keeps them from meeting."""
    return [shapely.transform(g, lambda p: p + sheet * 1e8) for g in geometries]

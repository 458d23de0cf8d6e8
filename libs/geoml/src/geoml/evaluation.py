"""Evaluation of a model on validation chips, with the code that predicts.

The same chips tell which parameters of the post-processing suit the model, and how sure it may be. So that the figures
are honest nevertheless, those of each half of the chips are made with what the other half tells (cross-fitting).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from geoml.calibration import Calibration, fit_calibration
from geoml.cross_fitting import halves
from geoml.grid import ChipLayout
from geoml.instances import building_probability
from geoml.labels import LabelRasterizer
from geoml.metrics import confusion, object_metrics, pixel_metrics
from geoml.outline_metrics import outline_metrics
from geoml.predict import PredictParams, predict_layout
from geoml.reliability import expected_calibration_error, reliability
from geoml.scoring import Scored, clipped, score
from geoml.session import Session
from geoml.tuning import Scene, scenes, tune

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Result:
    """Of some chips: the confusion matrix of their pixels, their buildings, and the calibration for these."""

    pixels: np.ndarray
    objects: Scored
    calibration: Calibration = field(default_factory=Calibration)


def evaluate(
    session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], params: Params
) -> dict[str, Any]:
    """Returns metrics over the chips of `layouts`, `reliability` (see `geoml.reliability`) and `post_processing`.

    `post_processing` are the parameters of `geoml.predict` that suit the model; a single chip tells nothing, so it is
    evaluated with `params`. `polygons` are the labels in EPSG:4326. Raises ValueError as `PredictParams.read` does.
    """
    PredictParams.read(params)
    validation = _Validation(session, layouts, polygons, params)
    first, second = validation.halves
    if not first:
        return {**_figures([validation.result(second, {})]), "post_processing": {}}
    learnt = [tune(second), tune(first)]
    results = [validation.result(half, own) for half, own in zip((first, second), learnt, strict=True)]
    crossed = [
        Result(r.pixels, r.objects, _fit(other.objects)) for r, other in zip(results, results[::-1], strict=True)
    ]
    sure = _fit(results[0].objects + results[1].objects)
    calibration = {"calibration_slope": sure.slope, "calibration_bias": sure.bias}
    return {**_figures(crossed), "post_processing": tune([*first, *second]) | calibration}


class _Validation:
    def __init__(
        self, session: Session, layouts: Sequence[ChipLayout], polygons: Sequence[BaseGeometry], params: Params
    ) -> None:
        self._session, self._params = session, {**params, "calibration_slope": 1.0, "calibration_bias": 0.0}
        self._labelled = [(layout, LabelRasterizer(layout, polygons)) for layout in layouts]

    @property
    def halves(self) -> tuple[list[Scene], list[Scene]]:
        found = {scene.chip.chip.name: scene for pair in self._labelled for scene in scenes(self._session, *pair)}
        first, second = halves(found)
        return [found[name] for name in first], [found[name] for name in second]

    def result(self, chips: Sequence[Scene], learnt: Params) -> Result:
        params, names = {**self._params, **learnt}, [scene.chip.chip.name for scene in chips]
        objects = [self._scored(layout, labels, params, names) for layout, labels in self._labelled]
        pixels = sum((_confusion(scene, params["confidence_threshold"]) for scene in chips), np.zeros((2, 2), int))
        return Result(pixels, sum(objects, Scored()))

    def _scored(self, layout: ChipLayout, labels: LabelRasterizer, params: Params, names: Sequence[str]) -> Scored:
        found = predict_layout(self._session, layout, params)
        return score(layout, clipped(layout, labels), found, labels.metres_per_pixel, names)


def _confusion(scene: Scene, threshold: float) -> np.ndarray:
    predicted = building_probability(scene.probabilities)[scene.inner] >= threshold
    return confusion((scene.truth > 0)[scene.seen], predicted[scene.seen])


def _fit(objects: Scored) -> Calibration:
    return fit_calibration(objects.confidence, objects.right)


def _figures(results: Sequence[Result]) -> dict[str, Any]:
    pixels, objects = sum(r.pixels for r in results), sum((r.objects for r in results), Scored())
    confidence = np.concatenate([r.calibration.apply(np.asarray(r.objects.confidence)) for r in results])
    bins = reliability(confidence.tolist(), objects.right)
    return {
        **pixel_metrics(np.asarray(pixels)),
        **object_metrics(objects.labels, len(objects.right), sum(objects.right)),
        **outline_metrics(objects.outlines),
        "object_ece": expected_calibration_error(bins),
        "reliability": bins,
    }

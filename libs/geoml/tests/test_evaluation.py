"""What validation chips tell: metrics, the post-processing that suits a model, and how sure it may be."""

import json

import numpy as np
import pytest
from shapely import box

from geoml.evaluation import evaluate
from geoml.outline_metrics import compare_outlines, outline_metrics
from geoml.plugin_training import numbers

PARAMS = {"confidence_threshold": 0.5}
ROWS = [box(20 + 60 * i, 20 + 80 * j, 60 + 60 * i, 70 + 80 * j) for i in range(8) for j in range(6)]


class Unsure:
    """Sees faint borders across every building: 0.4 as deep as the rest."""

    def __init__(self, reading):
        self._reading, self.get_inputs = reading, reading.get_inputs

    def run(self, names, feed):
        (found,) = self._reading.run(names, feed)
        depth = (1 - found[:, 0]) - 0.9 * found[:, 2]
        depth[:, :, np.arange(depth.shape[2]) % 15 < 5] *= 0.4
        return [np.concatenate([found, depth[:, None]], axis=1)]


@pytest.fixture
def dataset(labelled):
    return labelled(ROWS)


def figures(session, dataset, names=None):
    return evaluate(session, dataset.layouts(names or dataset.names), dataset.polygons, PARAMS)


def test_a_perfect_model_has_perfect_figures(session, dataset):
    found = figures(session, dataset)
    assert (found["object_f1"], found["right_angled"]) == (1.0, 1.0)
    assert found["building_iou"] > 0.95
    assert found["vertex_ratio"] <= 1.3


def test_the_post_processing_is_learnt_from_the_chips(session, dataset):
    """The defaults cut every building at its faint border; one chip cannot tell, four can."""
    unsure = Unsure(session)
    untuned, tuned = figures(unsure, dataset, dataset.names[:1]), figures(unsure, dataset)
    assert untuned["post_processing"] == {}
    assert untuned["object_f1"] < 0.7 < 0.95 < tuned["object_f1"]
    assert tuned["post_processing"]["smoothing"] > 0.4


def test_reliability_counts_every_building_once_and_numbers_are_numbers(session, dataset):
    found = figures(session, dataset)
    assert sum(one["count"] for one in found["reliability"]) == len(ROWS)
    assert found["object_ece"] < 0.06
    assert {"reliability", "post_processing"} == found.keys() - numbers(found).keys()
    json.dumps(found)


def test_corners_and_right_angles_of_matched_outlines():
    square, round_ = box(0, 0, 10, 10), box(0, 0, 10, 10).buffer(3)
    counts = compare_outlines([(square, square), (square, round_), (round_, round_)], 1.0)
    assert outline_metrics(counts)["right_angled"] == 0.5
    corners = len(round_.exterior.coords) - 1
    assert outline_metrics(counts)["vertex_ratio"] == pytest.approx((4 + 2 * corners) / (8 + corners))

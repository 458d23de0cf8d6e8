"""Boxes of a model that reads a toy world: what it finds, how it is decided, and what its chips tell."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage
from shapely import box
from shapely.geometry import shape

from geoml.calibration import Calibration
from geoml.cross_fitting import Trust, cross_fit, f1_metrics
from geoml.detection import evaluate, predict, read_boxes
from geoml.features import Building
from geoml.metrics import average_precision
from geoml.non_maximum_suppression import suppress
from geoml.plugin_training import numbers
from geoml.preview import render_preview
from geoml.scoring import Scored

PARAMS = {"confidence_threshold": 0.5}
ROWS = [box(20 + 60 * i, 20 + 80 * j, 60 + 60 * i, 70 + 80 * j) for i in range(8) for j in range(6)]


class BoxReadingSession:
    """Tells the boxes of all that is not blue."""

    def get_inputs(self):
        return [SimpleNamespace(name="image")]

    def run(self, _names, feed):
        return [np.stack([_read(image) for image in feed["image"]])]


def _read(image):
    building = image[:2].max(axis=0) > 0.5
    numbers, _ = ndimage.label(building)
    rows, columns = np.mgrid[: building.shape[0], : building.shape[1]] + 0.5
    output = np.zeros((8, *building.shape), np.float32)
    output[0], output[1] = ~building, building
    for number, (down, across) in enumerate(ndimage.find_objects(numbers), 1):
        here = numbers == number
        y, x = (down.start + down.stop) / 2, (across.start + across.stop) / 2
        output[3][here] = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 200)[here]
        sides = columns - across.start, rows - down.start, across.stop - columns, down.stop - rows
        output[4:, here] = np.stack(sides)[:, here]
    return output


@pytest.fixture
def dataset(labelled):
    return labelled(ROWS)


def test_a_box_across_chips_and_blocks_is_found_once(dataset, to_pixels):
    folder = dataset.chips[0].path.parent
    found = predict(BoxReadingSession(), str(folder), PARAMS, source="toy")["features"]
    places = [to_pixels(folder, feature) for feature in found]
    assert len(places) == len(ROWS)
    assert all(max(one.intersection(row).area / one.union(row).area for row in ROWS) > 0.9 for one in places)
    assert all(shape(one["geometry"]).area == pytest.approx(shape(one["geometry"]).envelope.area) for one in found)


def test_a_perfect_model_has_perfect_figures(dataset):
    found = evaluate(BoxReadingSession(), dataset.layouts(dataset.names), dataset.polygons, PARAMS)
    assert (found["map50"], found["f1"], found["precision"], found["recall"]) == (1, 1, 1, 1)
    assert {"reliability", "post_processing"} == found.keys() - numbers(found).keys()
    assert found["post_processing"].keys() == {"confidence_threshold", "calibration_slope", "calibration_bias"}
    json.dumps(found)


def test_a_single_chip_tells_nothing(dataset):
    found = evaluate(BoxReadingSession(), dataset.layouts(dataset.names[:1]), dataset.polygons, PARAMS)
    assert found["post_processing"] == {}


def test_a_box_is_as_sure_as_its_pixels_agree():
    image = np.zeros((3, 64, 64), np.float32)
    image[0, 10:49, 12:39] = 1
    output = _read(image)
    at_odds = output.copy()
    at_odds[4:, 10:20] *= 2
    (found, sure), (same, unsure) = read_boxes(output), read_boxes(at_odds)
    assert found == pytest.approx(np.array([[12, 10, 39, 49]]), abs=1)
    assert same == pytest.approx(found, abs=1)
    assert unsure[0] < 0.95 * sure[0]


def test_a_map_of_it_can_be_drawn(dataset):
    """Of all channels the three classes are shown."""
    (layout,) = dataset.layouts(dataset.names)
    drawn = render_preview(BoxReadingSession(), layout, dataset.polygons, ROWS)
    assert drawn.width > 3 * drawn.height * 0.9


def test_of_two_boxes_of_one_thing_the_surer_stays():
    sure, unsure, beside = (
        Building(box(0, 0, 10, 10), 0.9),
        Building(box(1, 0, 11, 10), 0.6),
        Building(box(8, 0, 18, 10), 0.7),
    )
    assert suppress([unsure, beside, sure], 0.5) == [sure, beside]
    assert suppress([], 0.5) == []


def test_what_a_suppressed_box_overlaps_stays():
    chain = [Building(box(4 * n, 0, 4 * n + 10, 10), 0.9 - n / 10) for n in range(3)]
    assert suppress(chain, 0.4) == [chain[0], chain[2]]


def test_average_precision_is_the_area_under_precision_over_recall():
    assert average_precision([0.9, 0.8], [True, True], 2) == 1
    assert average_precision([0.9, 0.8, 0.7], [True, False, True], 2) == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert average_precision([0.7, 0.9], [True, False], 1) == pytest.approx(0.5)
    assert average_precision([], [], 3) == 0


def test_the_threshold_is_that_of_the_other_half():
    """The first half is sure of what is right from 0.6 on, the second from 0.4 on."""
    steps = np.linspace(0.05, 0.95, 91).tolist()
    first, second = (Scored(sum(c >= at for c in steps), steps, [c >= at for c in steps]) for at in (0.6, 0.4))
    decided, learnt = cross_fit(first, second, Trust(Calibration(), 0.5))
    crossed = f1_metrics(decided)
    assert crossed["f1"] < 0.95
    assert crossed["precision"] < 1
    assert 0 < learnt["confidence_threshold"] < 1
    assert learnt["calibration_slope"] > 1


def test_without_answers_in_a_half_nothing_is_learnt():
    decided, learnt = cross_fit(Scored(3), Scored(1, [0.6, 0.4], [True, False]), Trust(Calibration(), 0.5))
    assert learnt == {}
    assert f1_metrics(decided) == {"precision": 1, "recall": 0.25, "f1": 0.4}

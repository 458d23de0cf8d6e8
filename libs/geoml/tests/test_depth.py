"""The depth of labels, which a model learns."""

import numpy as np
import pytest
from shapely import box, transform

from geoml.chips import list_chips
from geoml.georef import WGS84
from geoml.grid import chip_layouts
from geoml.labels import LabelRasterizer, reproject
from geoml.predict import GROUND_RESOLUTION


@pytest.fixture
def labels(paint):
    """Two houses with a common wall, and one that the edge of the chip cuts; in pixels of the grid."""
    layout = chip_layouts(list_chips(paint([])), GROUND_RESOLUTION)[0]
    a, _, c, _, e, f = layout.grid.transform[:6]
    houses = [box(20, 20, 60, 60), box(60, 20, 80, 60), box(236, 100, 276, 140)]
    placed = reproject([transform(house, lambda p: p * [a, e] + [c, f]) for house in houses], layout.grid.crs, WGS84)
    return LabelRasterizer(layout, placed)


def test_depth_is_one_in_the_middle_of_each_house_and_zero_at_its_edge(labels):
    depth = labels.depth((0, 0, 256, 256))
    assert depth[40, 40] > 0.9 < depth[40, 70]
    assert depth[40, 59] == depth[40, 60] == depth[5, 5] == 0
    assert 0 <= depth.min() <= depth.max() <= 1


def test_a_house_that_the_window_cuts_is_as_deep_as_it_is(labels):
    assert labels.depth((0, 0, 256, 256))[120, 255] == pytest.approx(0.95, abs=0.06)
    assert np.array_equal(labels.depth((200, 80, 256, 160)), labels.depth((0, 0, 256, 256))[80:160, 200:256])

"""Sizes on the ground, beside pyproj's."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.measure import square_metres

PROJECT = pyproj.Transformer.from_crs(4326, 6933, always_xy=True)


def by_pyproj(surface: shapely.Geometry) -> float:
    return shapely.area(shapely.transform(surface, lambda xy: np.column_stack(PROJECT.transform(xy[:, 0], xy[:, 1]))))


@settings(max_examples=1000, deadline=None)
@given(
    west=st.floats(-180, 179.9), south=st.floats(-90, 89.9), exponent=st.floats(-4, 1),
    corners=st.integers(1, 40), turn=st.floats(0, 90),
)  # fmt: skip
def test_agrees_with_pyproj_over_the_globe(west: float, south: float, exponent: float, corners: int, turn: float):
    drawn = shapely.affinity.rotate(shapely.Point(west, south).buffer(10**exponent, quad_segs=corners), turn)
    surface = shapely.intersection(drawn, shapely.box(-180, -90, 180, 90))
    assert square_metres(surface) == pytest.approx(by_pyproj(surface), rel=2e-9, abs=0.011)


def test_holes_and_parts_count():
    hole, whole = shapely.box(0.4, 0.4, 0.6, 0.6), shapely.box(0, 0, 1, 1)
    both = shapely.MultiPolygon([shapely.difference(whole, hole), shapely.box(2, 0, 3, 1)])
    assert square_metres(both) == pytest.approx(by_pyproj(both), rel=2e-9)


def test_the_earth_is_as_large_as_it_is():
    """Moritz, "Geodetic Reference System 1980": 5.100 656 217e14 m² for an ellipsoid that differs in the 10th digit."""
    assert square_metres(shapely.box(-180, -90, 180, 90)) == pytest.approx(5.10065622e14, rel=1e-8)

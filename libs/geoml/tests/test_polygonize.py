"""Squaring and cleaning single outlines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.features import rasterize
from scipy import ndimage
from shapely import Point, Polygon, affinity, box

from geoml.orthogonalize import orthogonalize
from geoml.outline_metrics import compare_outlines
from geoml.polygonize import PolygonizeOptions, polygonize_instances, regularize

METRES = 0.265
HOUSE = Polygon([(0, 0), (60, 0), (60, 30), (30, 30), (30, 55), (0, 55)])


def traced(shape: Polygon) -> Polygon:
    return polygonize_instances(
        rasterize([(affinity.translate(shape, 40, 40), 1)], out_shape=(160, 160), dtype="int32")
    )[1]


@settings(max_examples=25, deadline=None)
@given(angle=st.floats(0, 90))
def test_an_l_shaped_house_has_six_right_angles_at_any_angle(angle):
    outline = regularize(traced(affinity.rotate(HOUSE, angle)), METRES, PolygonizeOptions())
    assert len(outline.exterior.coords) == 7
    edges = np.diff(np.asarray(outline.exterior.coords), axis=0)
    directions = np.degrees(np.arctan2(edges[:, 1], edges[:, 0])) % 90
    assert np.abs((directions - directions[0] + 45) % 90 - 45).max() < 0.1


@pytest.mark.parametrize("seed", range(5))
def test_bumps_of_a_mask_are_no_walls(seed):
    """A house of 8 x 11 m whose edge is noisy, as a model sees it."""
    image = rasterize([(affinity.rotate(box(40, 40, 70, 82), 20), 1)], out_shape=(120, 120), dtype="float32")
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=image.shape), 3)
    seen = ndimage.gaussian_filter(image, 3) + noise / noise.std() * 0.19 >= 0.5
    instances, _ = ndimage.label(seen)
    house = np.bincount(instances.ravel())[1:].argmax() + 1
    outline = regularize(polygonize_instances(instances)[house], METRES, PolygonizeOptions())
    assert compare_outlines([(box(0, 0, 9, 9), outline)], METRES).square == 1
    assert len(outline.exterior.coords) <= 7


def test_a_round_house_stays_round():
    circle = Point(30, 30).buffer(25)
    outline = regularize(traced(circle), METRES, PolygonizeOptions())
    assert outline.intersection(affinity.translate(circle, 40, 40)).area / outline.area > 0.95
    assert len(outline.exterior.coords) > 7


def test_right_angles_are_a_choice():
    tilted = Polygon([(0, 0), (60, 8), (60, 40), (0, 40)])
    walls = np.diff(
        np.asarray(regularize(traced(tilted), METRES, PolygonizeOptions(right_angles=False)).exterior.coords), axis=0
    )
    assert (np.abs(walls).min(axis=1) > 1).any()


def test_courtyards_stay():
    outline = regularize(traced(box(0, 0, 80, 80) - box(25, 25, 55, 55)), METRES, PolygonizeOptions())
    assert outline.area == pytest.approx(80 * 80 - 30 * 30, rel=0.03)


def test_orthogonalization_changes_little_or_nothing():
    star = Polygon([(0, 0), (10, 3), (20, 0), (14, 10), (20, 20), (10, 14), (0, 20), (6, 10)])
    assert orthogonalize(star) == star

"""Outlines beside each other."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, affinity, box

from geoml.adjacency import EDGE, SLIVER_METRES2, separate
from geoml.outline_metrics import compare_outlines

METRES = 0.25
HOUSE = box(0, 0, 40, 30)


def right_angled(outlines):
    return compare_outlines([(HOUSE, outline) for outline in outlines], METRES).square


@pytest.mark.parametrize("angle", [0, 4, 30, 45])
def test_where_houses_overlap_the_smaller_keeps_its_right_angles(angle):
    other = affinity.translate(affinity.rotate(box(0, 0, 30, 25), angle), 36, 10)
    large, small = separate([HOUSE, other], METRES)
    assert large == HOUSE
    assert small.intersection(large).area < EDGE
    assert right_angled([large, small]) == 2
    assert small.area > 0.75 * other.area


def test_a_house_that_another_covers_is_nothing():
    assert separate([HOUSE, box(5, 5, 20, 20)], METRES)[1].is_empty


def test_enclosed_slivers_belong_to_a_house_beside_them_and_courtyards_do_not():
    ring = [box(0, 0, 40, 10), box(0, 20, 40, 30), box(0, 10, 19, 20), box(20, 10, 40, 20)]
    assert shapely.union_all(separate(ring, METRES)).area == pytest.approx(1200)
    yard = [*ring[:2], box(0, 10, 15, 20), box(25, 10, 40, 20)]
    assert shapely.union_all(separate(yard, METRES)).area == pytest.approx(1100)


@st.composite
def villages(draw):
    """Turned houses at random places, close enough that many overlap."""
    houses = draw(st.lists(st.tuples(*[st.floats(0, 120)] * 2, *[st.floats(10, 50)] * 2, st.floats(0, 90)), max_size=9))
    return [affinity.rotate(box(x, y, x + w, y + h), angle) for x, y, w, h, angle in houses]


@settings(max_examples=60, deadline=None)
@given(houses=villages())
def test_nothing_overlaps_and_no_sliver_is_enclosed(houses):
    found = separate(houses, METRES)
    assert all(isinstance(outline, Polygon) and (outline.is_empty or outline.is_valid) for outline in found)
    left, right = shapely.STRtree(found).query(np.asarray(found, object), "intersects")
    shared = [found[a].intersection(found[b]).area for a, b in zip(left, right, strict=True) if a < b]
    assert max(shared, default=0) < 0.1
    holes = [Polygon(r) for p in shapely.get_parts(shapely.union_all(found)) for r in shapely.get_rings(p)[1:]]
    assert all(hole.area * METRES**2 >= 0.9 * SLIVER_METRES2 or hole.area < 0.01 for hole in holes)

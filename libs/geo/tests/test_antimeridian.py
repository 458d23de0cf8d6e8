"""Surfaces over the 180th meridian, in every way that maps and programs write them."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo.antimeridian import bounds, box, meets_at_the_line, split

TAVEUNI = shapely.MultiPolygon([shapely.box(179.97, -16.85, 180, -16.8), shapely.box(-180, -16.85, -179.95, -16.8)])
RING = [(179.97, -16.85), (-179.95, -16.85), (-179.95, -16.8), (179.97, -16.8), (179.97, -16.85)]


@pytest.mark.parametrize(
    "spelling",
    [
        TAVEUNI, shapely.Polygon(RING), shapely.Polygon(RING[::-1]), shapely.MultiPolygon([shapely.Polygon(RING)]),
        shapely.box(179.97, -16.85, 180.05, -16.8), shapely.box(-180.03, -16.85, -179.95, -16.8),
        shapely.box(539.97, -16.85, 540.05, -16.8),
    ],
)  # fmt: skip
def test_one_area_in_every_spelling(spelling: shapely.Polygon):
    cut = split(spelling)
    assert cut.equals_exact(shapely.normalize(TAVEUNI), 1e-11, normalize=True)
    assert bounds(cut) == pytest.approx((179.97, -16.85, -179.95, -16.8), abs=1e-11)
    assert split(cut) is cut


def test_digits_stay_as_they_were_written():
    east, west = split(shapely.Polygon(RING)).geoms
    assert (east.bounds[0], west.bounds[2]) == (179.97, -179.95)


@pytest.mark.parametrize("written", [shapely.box(185.5, 1, 186, 2), shapely.box(-534.5, 1, -534, 2)])
def test_what_lies_wholly_beyond_is_moved(written: shapely.Polygon):
    assert split(written).equals(shapely.box(-174.5, 1, -174, 2))


def test_what_only_touches_the_line_is_one_polygon():
    for shape in (shapely.box(179, 1, 180, 2), shapely.box(-180, 1, -179, 2)):
        assert split(shape) is shape
    mixed = shapely.Polygon([(179, 1), (180, 1), (-180, 2), (179, 2), (179, 1)])
    assert split(mixed).equals(shapely.box(179, 1, 180, 2))
    assert split(shapely.Polygon([(180, 1), (-179, 1), (-179, 2), (180, 2)])).equals(shapely.box(-180, 1, -179, 2))


def test_a_hole_on_the_line_is_cut_with_its_area():
    hole = [(179.99, -16.83), (-179.99, -16.83), (-179.99, -16.82), (179.99, -16.82)]
    cut = split(shapely.Polygon(RING, [hole]))
    assert cut.is_valid
    assert cut.area == pytest.approx(TAVEUNI.area - 0.02 * 0.01)
    beside = split(shapely.Polygon(RING, [[(-179.98, -16.83), (-179.97, -16.83), (-179.97, -16.82)]]))
    assert [len(part.interiors) for part in beside.geoms] == [0, 1]


def test_what_nobody_can_cut_stays_for_its_caller_to_refuse():
    whole = shapely.box(-180, -80, 180, 80)
    around_the_pole = shapely.Polygon([(0, 80), (120, 80), (-120, 80)])
    for shape in (whole, around_the_pole, shapely.box(8, 47, 9, 48)):
        assert split(shape) is shape
    assert not split(shapely.Polygon([(179, 1), (-179, 2), (-179, 1), (179, 2)])).is_valid
    assert bounds(whole) == (-180, -80, 180, 80)


def test_a_box_that_crosses():
    assert box(179.97, -16.85, -179.95, -16.8).equals_exact(TAVEUNI, 1e-11, normalize=True)
    assert box(8, 47, 9, 48).equals(shapely.box(8, 47, 9, 48))


@given(st.floats(-180, 180), st.floats(1e-6, 5), st.integers(-1, 1))
def test_moving_by_turns_changes_nothing(west: float, width: float, turns: int):
    plain = split(shapely.box(west, -17, west + width, -16))
    moved = split(shapely.box(west + 360 * turns, -17, west + width + 360 * turns, -16))
    assert plain.is_valid
    assert -180 <= plain.bounds[0] <= plain.bounds[2] <= 180
    assert plain.symmetric_difference(moved).area < 1e-9
    assert plain.area == pytest.approx(width)


def test_bounds_of_islands_on_both_sides_are_the_narrower_box():
    islands = [shapely.box(179.2, -17, 179.3, -16), shapely.box(-179.9, -18, -179.8, -17)]
    assert bounds(shapely.MultiPolygon(islands)) == pytest.approx((179.2, -18, -179.8, -16))
    assert bounds(shapely.MultiPolygon([*islands, shapely.box(-0.1, 0, 0.1, 1)]))[0] == pytest.approx(-179.9)
    assert bounds(shapely.MultiPolygon([shapely.box(-9, 0, -8, 1), shapely.box(8, 0, 9, 1)])) == (-9, 0, 9, 1)


def test_parts_are_one_polygon_where_they_meet():
    assert meets_at_the_line(TAVEUNI)
    apart = shapely.MultiPolygon([shapely.box(179, 1, 180, 2), shapely.box(-180, 3, -179, 4)])
    assert not meets_at_the_line(apart)
    assert not meets_at_the_line(shapely.MultiPolygon([shapely.box(8, 47, 9, 48), shapely.box(10, 47, 11, 48)]))

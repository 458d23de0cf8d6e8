"""The generated village: the same at every start, and fit to learn from."""

import numpy as np
import pytest
from shapely import box, union_all
from shapely.geometry import shape

from stack.sandbox import village
from stack.sandbox.village import pyramid
from stack.sandbox.village.georeference import METRES, TRAIN, covers, to_degrees
from stack.sandbox.village.paint import paint


@pytest.fixture(scope="module")
def tile():
    return TRAIN.tiles()[10]


def test_same_tile_every_time(tile):
    village.build.cache_clear()
    first = np.asarray(paint(village.build(), tile.x, tile.y))
    village.build.cache_clear()
    assert (np.asarray(paint(village.build(), tile.x, tile.y)) == first).all()


def test_neighbouring_tiles_meet_without_a_seam(tile):
    left, right = (np.asarray(village.tile(19, tile.x + i, tile.y), int) for i in (0, 1))
    across = np.abs(left[:, -1] - right[:, 0]).mean()
    within = np.abs(left[:, -2] - left[:, -1]).mean()
    assert across < 1.6 * within


def test_zooms_show_the_same_place(tile):
    here = np.asarray(village.tile(19, tile.x, tile.y), float)
    child = np.asarray(village.tile(20, 2 * tile.x, 2 * tile.y), float)
    assert np.abs(child[::2, ::2] - here[:256, :256]).mean() < 12
    assert village.tile(18, tile.x // 2, tile.y // 2).size == (512, 512)
    assert village.tile(19, 0, 0) is None
    assert not covers(0, 0)


def test_overview_resembles_its_tiles(tile):
    whole = np.asarray(village.tile(18, tile.x // 2, tile.y // 2), float)
    left, top = tile.x % 2 * 256, tile.y % 2 * 256
    part = np.asarray(paint(village.build(), tile.x, tile.y).reduce(2), float)
    assert np.abs(whole[top : top + 256, left : left + 256] - part).mean() < 12


@pytest.mark.parametrize("zoom", [16, 17, 18])
def test_overview_costs_no_more_than_one_tile(tile, zoom, monkeypatch):
    painted = []

    def counted(village, x, y, pixels):
        painted.append(pixels**2)
        return paint(village, x, y, pixels)

    monkeypatch.setattr(pyramid, "paint", counted)
    pyramid.tile.cache_clear()
    step = 2 ** (19 - zoom)
    pyramid.tile(zoom, tile.x // step, tile.y // step)
    assert 0 < sum(painted) <= 512**2


@pytest.mark.parametrize("grid", [village.TRAIN, village.PREDICT])
def test_buildings_are_many_but_not_everywhere(grid):
    west, north = grid.column * METRES, grid.row * METRES
    area = box(west, north, west + grid.columns * METRES, north + grid.rows * METRES)
    shapes = [one.shape for one in village.build().buildings if one.shape.intersects(area)]
    assert len(shapes) > 200
    assert 0.12 < union_all(shapes).intersection(area).area / area.area < 0.5


def test_some_buildings_touch():
    shapes = [one.shape for one in village.build().buildings]
    grown = union_all([one.buffer(0.3) for one in shapes])
    assert len(grown.geoms) < len(shapes) - 20


def test_osm_features_lie_on_the_roofs():
    """The hand of the mapper is off by less than a pixel or two: overlap stays high."""
    found = village.features()
    west, south, east, north = TRAIN.bounds()
    inside = [shape(one["geometry"]) for one in found if box(west, south, east, north).contains(shape(one["geometry"]))]
    assert all(one.is_valid for one in inside)
    assert len({one["properties"]["osm_id"] for one in found}) == len(found)
    truth = union_all([to_degrees(one.shape) for one in village.build().buildings])
    drawn = union_all(inside)
    assert drawn.intersection(truth).area / drawn.area > 0.9

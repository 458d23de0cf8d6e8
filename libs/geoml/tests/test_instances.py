"""Whole buildings from the depth that a model sees inside them."""

import numpy as np
import pytest
from scipy import ndimage

from geoml.instances import InstanceOptions, label_instances
from geoml.regions import climb, ridges_between

METRE = 1.0


def seen(depth, building=None):
    """The output of a model with a channel for the depth."""
    inside = (depth > 0) if building is None else building
    return np.stack([1 - inside, depth, inside - depth, depth]).astype(np.float32)


def roof(shape, rows, columns, top=1.0):
    """Depth rises from the edge of a rectangle to its middle."""
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    distance = ndimage.distance_transform_edt(mask)
    return top * distance / distance.max()


def two_halls(saddle, top=0.9):
    """A building that is `top` deep, and whose middle is as shallow as `saddle`, 0…1."""
    depth = np.zeros((24, 60))
    depth[2:22, 2:58] = top
    depth[2:22, 28:32] = saddle
    return seen(depth)


@pytest.mark.parametrize(("top", "saddle", "buildings"), [(0.9, 0.3, 2), (0.9, 0.55, 1), (0.3, 0.1, 2), (0.3, 0.2, 1)])
def test_a_border_divides_when_both_sides_are_twice_as_deep(top, saddle, buildings):
    found = label_instances(two_halls(saddle, top), InstanceOptions(split_share=0.5), METRE)
    assert len(np.unique(found[found > 0])) == buildings


def test_how_clear_a_border_must_be_is_an_option():
    found = [label_instances(two_halls(0.5), InstanceOptions(split_share=s), METRE) for s in (0.2, 0.7)]
    assert [len(np.unique(one[one > 0])) for one in found] == [2, 1]


@pytest.mark.parametrize(("pixel", "buildings"), [(1.0, 2), (0.2, 1)])
def test_what_would_be_a_small_house_needs_a_clearer_border(pixel, buildings):
    """Halves of 520 and of 21 square metres."""
    found = label_instances(two_halls(0.42), InstanceOptions(smoothing=0.4 * pixel, split_share=0.5), pixel)
    assert len(np.unique(found[found > 0])) == buildings


def test_without_a_depth_the_interior_tells_halls_apart():
    """Their border is interior to 0.4; what else it is does not count."""
    output = two_halls(0.4, 1.0)
    output[[0, 2], 2:22, 28:32] = 0.3
    output[3] = 1
    found = [label_instances(one, InstanceOptions(), METRE) for one in (output[:3], output)]
    assert [len(np.unique(one[one > 0])) for one in found] == [2, 1]


def test_touching_buildings_share_the_border_between_them():
    depth = roof((24, 44), slice(2, 22), slice(2, 22)) + roof((24, 44), slice(2, 22), slice(22, 42))
    found = label_instances(seen(depth), InstanceOptions(), METRE)
    assert len(np.unique(found[3:21, 3:20])) == len(np.unique(found[3:21, 24:41])) == 1
    assert found[10, 10] != found[10, 30]


def test_ground_is_zero_and_every_pixel_of_a_building_has_a_number():
    output = seen(roof((30, 30), slice(4, 26), slice(4, 26)))
    found = label_instances(output, InstanceOptions(), METRE)
    assert ((found > 0) == (output[0] < 0.5)).all()


def test_a_pixel_belongs_to_the_hill_it_climbs():
    height = np.array([[1, 2, 3, 2, 1, 2, 4, 4, 0]])
    assert climb(height, height > 0).tolist() == [[1, 1, 1, 1, 1, 2, 2, 2, 0]]


def test_a_ridge_is_as_high_as_the_lower_pixels_along_it():
    regions, height = np.array([[1, 2, 0], [1, 2, 3]], np.int32), np.array([[5, 3, 0], [1, 4, 9]], np.float32)
    ridges = ridges_between(regions, height)
    found = zip(ridges.left.tolist(), ridges.right.tolist(), ridges.height.tolist(), strict=True)
    assert list(found) == [(1, 2, 2.0), (2, 3, 4.0)]


def test_merged_regions_have_the_ridges_they_would_have_had():
    rng = np.random.default_rng(3)
    regions = rng.integers(0, 6, (20, 20)).astype(np.int32)
    height = (rng.integers(0, 1025, (20, 20)) / 1024).astype(np.float32)
    numbers = np.array([0, 1, 1, 3, 3, 5], np.int32)
    now, then = ridges_between(numbers[regions], height), ridges_between(regions, height).renumbered(numbers)
    assert np.array_equal(now.left, then.left)
    assert np.array_equal(now.right, then.right)
    assert np.array_equal(now.height, then.height)


def test_hills_are_those_of_the_steepest_way_up():
    """Pixel by pixel, as `climb` says it."""
    height = np.random.default_rng(4).integers(0, 9, (15, 17))
    mask = height > 1
    top = {}

    def climbed(row: int, column: int) -> tuple[int, int]:
        around = [(r, c) for r in range(row - 1, row + 2) for c in range(column - 1, column + 2)]
        known = [(r, c) for r, c in around if 0 <= r < 15 and 0 <= c < 17 and mask[r, c]]
        highest = max(height[place] for place in known)
        if highest == height[row, column]:
            return row, column
        return climbed(*next(place for place in known if height[place] == highest))

    hills = climb(height, mask)
    assert ((hills > 0) == mask).all()
    for place in zip(*np.nonzero(mask), strict=True):
        row, column = climbed(*place)
        top.setdefault(hills[row, column], set()).add(hills[place])
    assert all(numbers == {hill} for hill, numbers in top.items())

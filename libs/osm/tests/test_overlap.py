"""What OpenStreetMap has already, and what it denies."""

import pytest
import shapely

from osm.overlap import MappedFeatures, has_tag

ROOF = shapely.geometry.mapping(shapely.box(10, 5, 10.0001, 5.0001))


def feature(**tags: str) -> dict:
    return {"type": "Feature", "geometry": ROOF, "properties": {"tags": tags}}


@pytest.mark.parametrize(
    ("tags", "is_there"),
    [
        ({"building": "yes"}, True), ({"building": "no"}, False), ({"building": " NO "}, False),
        ({"building": "no", "amenity": "parking"}, False), ({"building": "no", "water": "pond"}, True), ({}, True),
        ({"highway": "path"}, True),
    ],
)  # fmt: skip
def test_a_key_that_says_no_is_nothing_on_the_map(tags, is_there):
    ours, keys = feature(), ("building", "water")
    assert has_tag(tags, keys) is is_there
    new, old = MappedFeatures([feature(**tags)], keys).split([ours])
    assert (new, old) == (([], [ours]) if is_there else ([ours], []))


def test_features_without_properties_are_on_the_map():
    ours, bare = feature(), {"type": "Feature", "geometry": ROOF, "properties": None}
    assert MappedFeatures([bare], ["building"]).split([ours]) == ([], [ours])

"""Which labels come of what was found on the ground."""

import orjson
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from catalog.datasets.build import labelling as rules
from catalog.datasets.build.labelling import assign_classes

BUILDINGS = [("building", ["*"])]
HOUSE = shapely.box(34.9, -3.4, 34.9001, -3.3999)


def feature(osm_id: int | None, shape: shapely.Geometry = HOUSE, osm_type: str = "ways_poly", **tags: str) -> dict:
    properties = {"osm_id": osm_id, "osm_type": osm_type, "tags": tags}
    return {"type": "Feature", "geometry": orjson.loads(shapely.to_geojson(shape)), "properties": properties}


def drawn(number: int, shape: shapely.Geometry = HOUSE, **tags: str) -> dict:
    return {**feature(None, shape), "properties": {"id": number, "osm_id": None, "tags": tags}}


def shape_of(one: dict) -> shapely.Geometry:
    return shapely.geometry.shape(one["geometry"])


@pytest.mark.spec("18.2", "label is the class position")
def test_first_matching_class_gives_the_label_and_the_rest_is_left_out():
    classes = [("building", ["school", "1"]), ("building", ["*"])]
    found = [feature(3, building="yes"), feature(1, building="school"), feature(2, highway="path")]
    kept = assign_classes(found, classes, "polygon")
    labels = [(one["properties"]["osm_id"], one["properties"]["label"]) for one in kept.features]
    assert (labels, kept.left_out) == ([(1, 1), (3, 2)], [(rules.NO_CLASS, "way/2")])
    assert {one["properties"]["class"] for one in kept.features} == {"building"}


@pytest.mark.spec("18.2", "one feature per OSM object")
def test_a_feature_of_two_areas_is_one_label_and_another_type_another_one():
    twice = [feature(1, building="yes"), feature(1, building="yes"), feature(1, osm_type="relation", building="yes")]
    kept = assign_classes(twice, BUILDINGS, "polygon")
    assert (len(kept.features), kept.left_out) == (2, [])
    other = assign_classes(
        [feature(1, building="yes"), feature(1, HOUSE.buffer(1e-5), building="yes")], BUILDINGS, "polygon"
    )
    assert (len(other.features), other.left_out) == (1, [(rules.SEEN_BEFORE, "way/1")])


@pytest.mark.parametrize(
    ("tags", "label"),
    [
        ({"building": "yes"}, 1), ({"building": "no"}, 0), ({"building": "No"}, 0), ({"building": "false"}, 0),
        ({"building": "no", "amenity": "parking"}, 2), ({"amenity": "no"}, 0),
        ({"building": "house", "amenity": "no"}, 1),
    ],
)  # fmt: skip
def test_a_value_that_says_no_is_none_of_the_class(tags, label):
    kept = assign_classes([feature(5, **tags)], [*BUILDINGS, ("amenity", ["*"])], "polygon")
    assert [one["properties"]["label"] for one in kept.features] == [label] * bool(label)
    assert kept.left_out == ([] if label else [(rules.NOT_THERE, "way/5")])


def test_who_asks_for_no_gets_it():
    assert len(assign_classes([feature(5, building="no")], [("building", ["no"])], "polygon").features) == 1


def test_features_of_another_kind_or_without_geometry_are_named():
    found = [
        feature(1, shapely.Point(34.9, -3.4), building="yes"), {**feature(2, building="yes"), "geometry": None},
        {**feature(3, building="yes"), "geometry": {"type": "Polygon"}}, drawn(7, highway="path"),
    ]  # fmt: skip
    kept = assign_classes(found, BUILDINGS, "polygon")
    assert kept.left_out == [
        (rules.OTHER_KIND, "way/1"), (rules.NO_GEOMETRY, "way/2"), (rules.NO_GEOMETRY, "way/3"),
        (rules.NO_CLASS, "label 7"),
    ]  # fmt: skip


def test_labels_that_openstreetmap_does_not_know_are_told_apart_by_their_own_ids():
    found = [*(drawn(number, building="yes") for number in (1, 2, 2)), feature(1, building="yes")]
    assert len(assign_classes(found, BUILDINGS, "polygon").features) == 3


def test_closed_lines_are_polygons_where_polygons_are_wanted():
    ring, path = shapely.LineString(HOUSE.exterior.coords), shapely.LineString([(34.9, -3.4), (34.91, -3.4)])
    found = [feature(1, ring, building="yes"), feature(2, path, building="yes")]
    kept = assign_classes(found, BUILDINGS, "polygon")
    assert [shape_of(one).equals(HOUSE) for one in kept.features] == [True]
    assert (kept.altered, kept.left_out) == ([(rules.CLOSED, "way/1")], [(rules.OTHER_KIND, "way/2")])
    assert [shape_of(one).geom_type for one in assign_classes(found, BUILDINGS, "line").features] == ["LineString"] * 2


def test_of_a_collection_the_wanted_parts_are_kept():
    spike = shapely.LineString([(34.9001, -3.3999), (34.9001, -3.3998)])
    mixed = feature(1, shapely.GeometryCollection([HOUSE, spike]), building="yes")
    kept = assign_classes([mixed], BUILDINGS, "polygon")
    assert (shape_of(kept.features[0]).equals(HOUSE), kept.altered) == (True, [(rules.REDUCED, "way/1")])
    assert shape_of(assign_classes([mixed], BUILDINGS, "line").features[0]).equals(spike)


def test_what_crosses_itself_is_repaired_and_told():
    bowtie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    kept = assign_classes([{**feature(1, building="yes"), "geometry": bowtie}], BUILDINGS, "polygon")
    assert shape_of(kept.features[0]).area == pytest.approx(2)
    assert kept.altered == [(rules.REPAIRED, "way/1")]


def test_labels_beside_the_areas_are_left_out_once_they_are_moved():
    area = shapely.box(34.9, -3.4, 34.901, -3.399)
    found = [drawn(1, HOUSE, building="yes"), drawn(2, shapely.box(35, -3.4, 35.1, -3.3), building="yes")]
    assert assign_classes(found, BUILDINGS, "polygon", area).left_out == [(rules.ELSEWHERE, "label 2")]
    assert len(assign_classes(found, BUILDINGS, "polygon", area, (-900, 0)).left_out) == 2


RINGS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=9, unique=True
).map(lambda places: [*places, places[0]])  # fmt: skip


@given(st.lists(RINGS, min_size=1, max_size=6))
def test_every_feature_is_a_label_or_has_its_reason_and_every_ring_is_as_the_standard_wants(rings):
    found = [
        {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {"id": n, "tags": {"building": "yes"}}}
        for n, ring in enumerate(rings, 1)
    ]
    kept = assign_classes(found, BUILDINGS, "polygon")
    assert len(kept.features) + len(kept.left_out) == len(rings)
    for one in kept.features:
        shape = shape_of(one)
        assert shape.is_valid
        assert shape.geom_type in ("Polygon", "MultiPolygon")
        for polygon in shapely.get_parts(shape):
            assert polygon.exterior.is_ccw
            assert not any(hole.is_ccw for hole in polygon.interiors)

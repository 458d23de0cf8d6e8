from itertools import pairwise
from xml.etree import ElementTree

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from catalog.aoi_labels.domain import BadLabel
from catalog.aoi_labels.identity import osm_id_of
from catalog.aoi_labels.reading import Reading, label_of, numbered
from catalog.aoi_labels.shapes import geometry_of
from catalog.aoi_labels.tags import tags_of
from osm.osm_xml import osm_xml

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
BOWTIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


def feature(geometry: object = SQUARE, **properties: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


@pytest.mark.parametrize(
    "geometry",
    [
        SQUARE,
        {"type": "Point", "coordinates": [85.5, 27.6, 1400]},
        {"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]},
        {"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
        {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]]]},
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
    ],
)
def test_every_kind_of_geometry_can_be_a_label(geometry):
    found = geometry_of(geometry)
    assert (found.geom_type, found.has_z) == (geometry["type"], False)


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "no geometry"),
        ("POINT (1 2)", "no GeoJSON"),
        ({"type": "Circle", "coordinates": [1, 2]}, "no GeoJSON"),
        ({"type": "Feature", "geometry": SQUARE, "properties": {}}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1]]]}, "no GeoJSON"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "no GeoJSON"),
        ({"type": "Point", "coordinates": [float("nan"), 1]}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": []}, "between 1 and"),
        ({"type": "LineString", "coordinates": [[n / 1e3, 0] for n in range(10_001)]}, "between 1 and 10000"),
        ({"type": "Point", "coordinates": [181, 1]}, "within ±180"),
        (BOWTIE, "broken"),
    ],
)
def test_bad_geometry_is_told_in_words(geometry, words):
    with pytest.raises(BadLabel, match=words) as caught:
        geometry_of(geometry)
    assert caught.value.field == "geometry"


@pytest.mark.spec("22.2", "upload checks")
@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Feature", "properties": {}},
        feature(None),
        {**feature(), "properties": [1]},
    ],
)
def test_features_that_are_no_labels(broken):
    with pytest.raises(BadLabel):
        label_of(broken)


def test_tags_are_those_of_openstreetmap_or_what_lies_flat_among_the_properties():
    tags = {"building": "yes", "levels": 2}
    assert label_of(feature(osm_id=5, tags=tags))[0].tags == {"building": "yes", "levels": "2"}
    flat, _ = label_of(feature(**{"@id": "way/17", "building": "yes", "height": 3.5, "note": "", "meta": {"a": 1}}))
    assert (flat.osm_type, flat.osm_id, flat.tags) == ("way", 17, {"building": "yes", "height": "3.5"})
    assert label_of(feature(label=1, id=3))[0].tags is None
    assert (osm_id_of(""), osm_id_of("way/12"), tags_of({"a": None, "b": True})) == (None, 12, {"b": "true"})


def test_usable_features_are_each_shape_once_and_the_last_one_counts():
    turned = {"type": "Polygon", "coordinates": [[[1, 1], [0, 1], [0, 0], [1, 0], [1, 1]]]}
    reading = Reading(shapely.box(0, 0, 1, 1))
    reading.read(numbered([feature(building="a"), {"type": "Nothing"}, feature(turned, building="b")], []))
    assert [one.tags for one in reading.labels()] == [{"building": "b"}]


@pytest.mark.spec("22.8", "POST /geojson2osm/")
def test_osm_xml_has_nodes_ways_and_multipolygons():
    holed = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    text, _ = osm_xml([
        (shapely.Point(5, 6), {"natural": "tree"}), (shapely.box(0, 0, 3, 3), {"building": 'a "<&>" \x00b'}),
        (holed, {"building": "yes"}), (shapely.MultiPoint([(5, 6), (7, 8)]), {"man_made": "mast"}),
    ])  # fmt: skip
    root = ElementTree.fromstring(text)
    assert (root.tag, root.get("version")) == ("osm", "0.6")
    assert [one.tag for one in root] == ["node"] * 11 + ["way"] * 3 + ["relation"]
    way, relation = root.findall("way")[0], root.find("relation")
    refs = [nd.get("ref") for nd in way.findall("nd")]
    assert (len(refs), refs[0] == refs[-1], len(set(refs))) == (5, True, 4)
    assert way.find("tag").attrib == {"k": "building", "v": 'a "<&>" b'}
    assert [one.get("role") for one in relation.findall("member")] == ["outer", "inner"]
    assert {one.get("k"): one.get("v") for one in relation.findall("tag")} == {
        "building": "yes",
        "type": "multipolygon",
    }
    ids = [int(one.get("id")) for one in root]
    assert (max(ids) < 0, len(set(ids))) == (True, len(ids))
    trees = root.findall("node[@lon='5.0000000'][@lat='6.0000000']")
    assert [[tag.get("k") for tag in tree.findall("tag")] for tree in trees] == [["natural"], ["man_made"]]


NEAR = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda p: (p[0] * 3e-8, p[1] * 3e-8)), min_size=3, max_size=7
)


@given(st.lists(NEAR, min_size=1, max_size=5))
def test_no_way_repeats_a_node_in_a_row_and_rings_stay_closed(rings):
    found = [shapely.make_valid(shapely.Polygon(ring)) for ring in rings]
    text, outcome = osm_xml((one, {"building": "yes"}) for one in found)
    root = ElementTree.fromstring(text)
    assert outcome.wanted == len(rings)
    assert len(root) == 0 or outcome.done
    for way in root.findall("way"):
        refs = [nd.get("ref") for nd in way.findall("nd")]
        assert all(one != other for one, other in pairwise(refs))
        assert len(set(refs)) > 1


def test_ways_have_at_most_two_thousand_nodes():
    long = shapely.LineString([(n / 1000, 0) for n in range(4100)])
    ways = ElementTree.fromstring(osm_xml([(long, {})])[0]).findall("way")
    assert [len(way) for way in ways] == [2000, 2000, 102]
    assert [way[-1].get("ref") for way in ways[:-1]] == [way[0].get("ref") for way in ways[1:]]


@pytest.mark.parametrize(
    "geometry",
    [
        {**SQUARE, "crs": {"type": "name", "properties": {"name": "EPSG:32637"}}},
        *(
            {"type": "Point", "coordinates": position}
            for position in ([1, 2, "x"], [1, 2, 3, "\x00"], [True, 2], [1, 2, [3]])
        ),
    ],
)
def test_projections_and_positions_that_are_no_numbers_are_refused(geometry: dict):
    with pytest.raises(BadLabel):
        label_of(feature(geometry))

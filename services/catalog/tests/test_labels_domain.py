from xml.etree import ElementTree

import pytest
import shapely

from catalog.labels.domain import BadLabel, geometry_of, label_of, mended, osm_id_of, tags_of, usable
from catalog.labels.osm_xml import osm_xml

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
        (None, "no GeoJSON"),
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
        {"type": "Feature", "geometry": SQUARE},
        feature(None),
        feature(BOWTIE),
        feature(osm_id="seven"),
        feature(osm_id=2**63),
        feature(tags=[1]),
        feature(tags={"a": {}}),
        feature(tags={"a": "x" * 256}),
    ],
)
def test_features_that_are_no_labels(broken):
    with pytest.raises(BadLabel):
        label_of(broken)


def test_tags_are_those_of_openstreetmap_or_what_lies_flat_among_the_properties():
    assert label_of(feature(osm_id=5, tags={"building": "yes", "levels": 2})).tags == {"building": "yes", "levels": "2"}
    flat = label_of(feature(**{"@id": "way/17", "building": "yes", "height": 3.5, "note": "", "meta": {"a": 1}}))
    assert (flat.osm_id, flat.tags) == (17, {"building": "yes", "height": "3.5"})
    assert label_of(feature(label=1, id=3)).tags is None
    assert (osm_id_of(""), osm_id_of("way/12"), tags_of({"a": None, "b": True})) == (None, 12, {"b": "true"})


def test_usable_features_are_each_shape_once_and_the_last_one_counts():
    turned = {"type": "Polygon", "coordinates": [[[1, 1], [0, 1], [0, 0], [1, 0], [1, 1]]]}
    found = usable([feature(a="1"), {"type": "Nothing"}, feature(turned, a="2"), feature(BOWTIE)])
    assert [one.tags for one in found] == [{"a": "2"}]


def test_openstreetmap_polygons_that_cross_themselves_are_mended():
    assert geometry_of(mended(feature(BOWTIE))["geometry"]).area == pytest.approx(0.5)
    assert mended({"geometry": None}) == {"geometry": None}
    assert mended(good := feature()) is good


@pytest.mark.spec("22.8", "POST /geojson2osm/")
def test_osm_xml_has_nodes_ways_and_multipolygons():
    holed = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    text = osm_xml([
        (shapely.Point(5, 6), {"natural": "tree"}), (shapely.box(0, 0, 3, 3), {"building": 'a "<&>" \x00b'}),
        (holed, {"building": "yes"}), (shapely.MultiPoint([(5, 6), (7, 8)]), {"man_made": "mast"}),
    ])  # fmt: skip
    root = ElementTree.fromstring(text)
    assert (root.tag, root.get("version")) == ("osm", "0.6")
    assert [one.tag for one in root] == ["node"] * 10 + ["way"] * 3 + ["relation"]
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
    tree = root.find("node[@lon='5.0000000'][@lat='6.0000000']")
    assert [tag.get("k") for tag in tree.findall("tag")] == ["natural", "man_made"]


def test_ways_have_at_most_two_thousand_nodes():
    long = shapely.LineString([(n / 1000, 0) for n in range(4100)])
    ways = ElementTree.fromstring(osm_xml([(long, {})])).findall("way")
    assert [len(way) for way in ways] == [2000, 2000, 102]
    assert [way[-1].get("ref") for way in ways[:-1]] == [way[0].get("ref") for way in ways[1:]]

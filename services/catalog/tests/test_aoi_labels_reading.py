"""How features become labels, however the program that wrote them spells things."""

import json

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from catalog.aoi_labels import identity, reading, shapes, tags
from catalog.aoi_labels.domain import BadLabel
from catalog.aoi_labels.reading import Reading, by_object, label_of, numbered

HOUSE = {"type": "Polygon", "coordinates": [[[85.1, 27.1], [85.2, 27.1], [85.2, 27.2], [85.1, 27.2], [85.1, 27.1]]]}
AREA = shapely.box(85, 27, 86, 28)


def feature(properties: object = None, geometry: object = HOUSE, **more: object) -> dict:
    return {"type": "Feature", "geometry": geometry, "properties": properties, **more}


def read(*features: object, area: shapely.Geometry = AREA) -> tuple[list, list, list]:
    found = Reading(area)
    found.read(numbered(features, []))
    return found.labels(), found.left_out, found.altered


def hstore(values: dict[str, str]) -> str:
    """As GDAL writes `other_tags`."""
    escaped = [[text.replace("\\", "\\\\").replace('"', '\\"') for text in pair] for pair in values.items()]
    return ",".join(f'"{key}"=>"{value}"' for key, value in escaped)


@pytest.mark.parametrize(
    ("given", "more", "who"),
    [
        ({"@id": "way/31"}, {}, ("way", 31)),
        ({"@id": "relation/31", "type": "multipolygon"}, {"id": "relation/31"}, ("relation", 31)),
        ({}, {"id": "node/4"}, ("node", 4)),
        ({"id": "way/12"}, {}, ("way", 12)),
        ({"full_id": "r77", "osm_id": "77", "osm_type": "relation"}, {}, ("relation", 77)),
        ({"@type": "way", "@id": 88}, {}, ("way", 88)),
        ({"type": "way", "id": 9, "tags": {}}, {}, ("way", 9)),
        ({"osm_id": 5, "osm_type": "ways_poly"}, {}, ("way", 5)),
        ({"osm_id": 5, "osm_type": "Relation"}, {}, ("relation", 5)),
        ({"osm_id": None, "osm_way_id": "912345678901"}, {}, ("way", 912345678901)),
        ({"osm_id": "70", "osm_way_id": None}, {}, ("relation", 70)),
        ({"osm_id": None, "osm_way_id": 81.0, "other_tags": None}, {}, ("way", 81)),
        ({"osm_id": 44.0}, {}, (None, 44)),
        ({"osm_id": "44.0"}, {}, (None, 44)),
        ({"osm_id": -12}, {}, ("relation", 12)),
        ({"osm_id": -12, "osm_type": "way"}, {}, ("way", -12)),
        ({"fid": 3, "id": 8}, {"id": 3}, (None, None)),
        ({"osm_id": "", "osm_type": "way"}, {}, (None, None)),
    ],
)
def test_type_and_number_belong_together(given, more, who):
    label, altered = label_of(feature(given, **more))
    assert ((label.osm_type, label.osm_id), altered) == (who, [])


def test_layers_of_gdal_tell_the_type():
    for kind, coordinates, expected in (
        ("Point", [85.1, 27.1], "node"), ("LineString", [[85.1, 27.1], [85.2, 27.1]], "way"),
        ("MultiLineString", [[[85.1, 27.1], [85.2, 27.1]]], "relation"),
    ):  # fmt: skip
        row = feature({"osm_id": "6", "other_tags": None}, {"type": kind, "coordinates": coordinates})
        assert label_of(row)[0].osm_type == expected


@pytest.mark.parametrize("value", ["seven", 7.5, 2**63, 1e300, True, "1e5"])
def test_an_id_that_cannot_be_read_costs_the_id_not_the_label(value):
    label, altered = label_of(feature({"osm_id": value, "building": "yes"}))
    assert (label.osm_id, label.tags, altered) == (None, {"building": "yes"}, [identity.UNREADABLE_ID])


@pytest.mark.parametrize(
    ("given", "kept", "altered"),
    [
        (None, None, []),
        ({}, None, []),
        ({"building": "yes", "addr:street": "Main", "name": "A"},
         {"building": "yes", "addr:street": "Main", "name": "A"}, []),
        ({"fid": 1, "ogc_fid": 2, "building": "hut"}, {"building": "hut"}, []),
        ({"fid": 1, "enumerator": "B", "done": True}, None, [tags.NO_KEYS]),
        ({"name": "School", "height": 4}, None, [tags.NO_KEYS]),
        ({"demolished:building": "yes", "name": "A"}, {"demolished:building": "yes", "name": "A"}, []),
        ({"building": "yes", "enumerator": "B"}, {"building": "yes"}, [tags.NO_KEYS]),
        ({"class": 1, "label": "building", "confidence": 0.7, "source": "some-model"}, None, []),
        ({"building": "yes", "confidence": 0.7, "source": "some-model"}, {"building": "yes"}, []),
        ({"building": "yes", "source": "survey"}, {"building": "yes", "source": "survey"}, []),
        ({"building": "yes", "building:levels": 2.0}, {"building": "yes", "building:levels": "2"}, []),
        ({"building": None, "amenity": "", "landuse": None, "other_tags": None}, None, []),
        ({"building": "yes", "other_tags": '"addr:city"=>"Town","odd"=>"a \\"b\\" \\\\ c"'},
         {"building": "yes", "addr:city": "Town", "odd": 'a "b" \\ c'}, []),
        ({"building": None, "other_tags": '"building:use"=>NULL,"shop"=>"yes"'}, {"shop": "yes"}, []),
        ({"tags": '{"building": "yes", "levels": 3}'}, {"building": "yes", "levels": "3"}, []),
        ({"tags": {"odd_key": "kept"}}, {"odd_key": "kept"}, []),
        ({"tags": "a, b", "building": "yes"}, {"building": "yes"}, [tags.UNREADABLE]),
        ({"tags": "[1]"}, None, [tags.UNREADABLE]),
        ({"tags": [1]}, None, [tags.UNREADABLE]),
        ({"tags": {"building": "yes", "a": {}}}, {"building": "yes"}, [tags.NOT_PLAIN]),
        ({"building": "yes", "description": "x" * 256}, {"building": "yes"}, [tags.TOO_LONG]),
        ({"building": "yes", "other_tags": hstore({f"note:{n}": "y" * 40 for n in range(20)})},
         {"building": "yes"} | {f"note:{n}": "y" * 40 for n in range(20)}, []),
    ],
)  # fmt: skip
def test_tags_are_those_of_openstreetmap_and_columns_of_tools_are_none(given, kept, altered):
    label, told = label_of(feature(given))
    assert (label.tags, told) == (kept, altered)


def test_a_hundred_tags_are_kept_and_those_that_say_what_it_is_come_first():
    label, told = label_of(feature({"tags": {f"k{n}": "v" for n in range(120)} | {"building": "yes"}}))
    assert (len(label.tags), label.tags["building"], told) == (100, "yes", [tags.TOO_MANY])


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=40)


@given(st.dictionaries(TEXT, TEXT, max_size=8))
def test_tags_as_text_are_the_same_tags(values):
    for text in (hstore(values), json.dumps(values)):
        label, told = label_of(feature({"other_tags": text}))
        assert ((label.tags or {}), told) == (values, [])


@pytest.mark.parametrize(
    ("geometry", "kept", "altered"),
    [
        ({"type": "Point", "coordinates": [85.1, 27.1, 1300]}, "POINT (85.1 27.1)", [shapes.FLATTENED]),
        ({"type": "LineString", "coordinates": [[85.1, 27.1, 1, 9], [85.2, 27.1, 1, 9]]},
         "LINESTRING (85.1 27.1, 85.2 27.1)", [shapes.FLATTENED]),
        ({"type": "Polygon", "coordinates": [[[85, 27], [85.2, 27], [85, 27.2], [85.2, 27.2], [85, 27]]]},
         "MULTIPOLYGON (((85.1 27.1, 85 27, 85.2 27, 85.1 27.1)), ((85.1 27.1, 85.2 27.2, 85 27.2, 85.1 27.1)))",
         [shapes.REPAIRED]),
        ({"type": "Polygon", "coordinates": [[[85, 27], [86, 27], [86, 27.5], [86, 28], [86, 27.5], [85, 27]]]},
         "POLYGON ((85 27, 86 27, 86 27.5, 85 27))", [shapes.REPAIRED]),
    ],
)  # fmt: skip
def test_geometries_are_mended_where_they_can_be(geometry, kept, altered):
    label, told = label_of(feature(None, geometry))
    assert (shapely.equals(label.geometry, shapely.from_wkt(kept)), label.geometry.is_valid, told) == (
        True,
        True,
        altered,
    )


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (None, "no geometry"), ({"type": "Point", "coordinates": [85]}, "no GeoJSON"),
        ({"type": "Polygon", "coordinates": [[[85, 27], [86, 27], [87, 27], [85, 27]]]}, "no surface"),
        ({"type": "LineString", "coordinates": [[85, 27], [85, 27]]}, "no length"),
        ({"type": "Point", "coordinates": [330_000, 3_060_000]}, "projection"),
        ({"type": "Point", "coordinates": [14.6, 121.0]}, "swapped"),
        ({"type": "Point", "coordinates": [185.2, -17]}, "within ±180"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_label_says_why(geometry, words):
    with pytest.raises(BadLabel, match=words):
        label_of(feature(None, geometry))


def test_one_row_decides_over_nothing_but_itself():
    rows = [feature({"building": "yes"}, None), 5, {"type": "Nothing"}, feature(), feature({"building": "no"})]
    labels, left_out, altered = read(*rows)
    assert (len(labels), altered) == (1, [])
    assert left_out == [
        ("The feature has no geometry.", "feature 1"), (reading.NO_FEATURE, "feature 2"),
        (reading.NO_FEATURE, "feature 3"), (reading.NOT_THERE, "feature 5"),
    ]  # fmt: skip


def test_the_same_shape_counts_once_and_the_earlier_one_is_told():
    labels, left_out, _ = read(feature({"building": "a"}), feature({"building": "b"}))
    assert ([one.tags for one in labels], left_out) == ([{"building": "b"}], [(reading.TWICE, "feature 1")])


def test_labels_elsewhere_are_left_out_and_swapped_axes_are_told():
    far = {"type": "Point", "coordinates": [10, 10]}
    assert read(feature(), feature(None, far))[1] == [(reading.ELSEWHERE, "feature 2")]
    turned = [{"type": "Point", "coordinates": [27.1 + n / 100, 85.5]} for n in range(3)]
    labels, left_out, _ = read(*(feature(None, one) for one in turned))
    assert (labels, {reason for reason, _ in left_out}, len(left_out)) == ([], {reading.SWAPPED}, 3)
    assert read(feature(None, far))[1] == [(reading.ELSEWHERE, "feature 1")]


def test_features_of_openstreetmap_are_named_by_their_objects():
    found = Reading(AREA, by_object)
    found.read(numbered([feature({"osm_id": 5, "osm_type": "ways_poly", "building": "yes", "owner": "x"})], []))
    assert found.altered == [(tags.NO_KEYS, "way/5")]


PLACES = st.tuples(st.floats(84, 87), st.floats(26, 29))
SHAPES = st.one_of(
    PLACES.map(lambda place: {"type": "Point", "coordinates": place}),
    st.lists(PLACES, min_size=2, max_size=8).map(lambda places: {"type": "LineString", "coordinates": places}),
    st.lists(PLACES, min_size=3, max_size=8).map(lambda p: {"type": "Polygon", "coordinates": [[*p, p[0]]]}),
    st.none(),
)
COLUMNS = st.dictionaries(
    st.sampled_from(["building", "osm_id", "tags", "other_tags", "fid", "name", "@id", "id", "type", "source"]),
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), TEXT, st.lists(TEXT, max_size=2)),
)


@given(st.lists(st.one_of(st.builds(feature, COLUMNS, SHAPES), TEXT, st.none()), max_size=12))
def test_every_feature_is_a_label_or_has_its_reason(features):
    labels, left_out, _ = read(*features)
    assert len(labels) + len(left_out) == len(features)
    assert all(one.geometry.is_valid and shapely.intersects(AREA, one.geometry) for one in labels)

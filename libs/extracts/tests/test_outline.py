"""Outlines: what is taken, what is refused, and what becomes of the antimeridian."""

import pickle

import orjson
import pytest
import shapely

from extracts.errors import OutlineInvalid
from extracts.outline import OutlineLimits, read_outline
from extracts.testing import outline

SQUARE = shapely.box(10, 40, 12, 42)
CROSSING = {"type": "Polygon", "coordinates": [[[179, 10], [-179, 10], [-179, 12], [179, 12], [179, 10]]]}


def refused(content: object, limits: OutlineLimits | None = None) -> str:
    with pytest.raises(OutlineInvalid) as caught:
        read_outline(content if isinstance(content, bytes) else orjson.dumps(content), limits)
    assert caught.value.text.startswith("OutlineInvalidException - ")
    return caught.value.code


def test_a_hole_stays_a_hole():
    found = outline(SQUARE.difference(shapely.box(10.5, 40.5, 11, 41)))
    assert not found.surface.contains(shapely.Point(10.7, 40.7))
    assert found.vertices == 10


def test_features_and_collections_are_taken():
    feature = {"type": "Feature", "geometry": orjson.loads(shapely.to_geojson(SQUARE)), "properties": None}
    east = {**feature, "geometry": orjson.loads(shapely.to_geojson(shapely.box(11, 41, 13, 43)))}
    assert read_outline(feature).stored.equals(SQUARE)
    both = read_outline({"type": "FeatureCollection", "features": [feature, east]})
    assert both.surface.is_valid
    assert both.surface.equals(SQUARE | shapely.box(11, 41, 13, 43))


def test_an_outline_over_the_antimeridian_is_two_boxes_along_parallels():
    found = read_outline(CROSSING)
    assert found.boxes == [(179, 10, 180, 12), (-180, 10, -179, 12)]
    assert found.surface.area == pytest.approx(4)
    beyond = outline(shapely.box(179, 10, 181, 12))
    assert beyond.boxes == found.boxes


def test_stored_boundary_with_parts_on_both_sides_keeps_its_envelope():
    found = outline(shapely.MultiPolygon([shapely.box(170, 50, 180, 60), shapely.box(-180, 50, -175, 60)]))
    assert found.envelope == (-180, 50, 180, 60)
    assert found.boxes == [(170, 50, 180, 60), (-180, 50, -175, 60)]


def test_an_outline_that_crosses_itself_is_mended_for_cutting_and_stored_as_it_is():
    bow = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    found = outline(bow)
    assert found.repaired
    assert found.surface.is_valid
    assert found.surface.area == pytest.approx(2)
    assert not found.stored.is_valid


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "outline_unreadable"),
        (b"[]", "outline_unreadable"),
        ({"type": "Point", "coordinates": [1, 2]}, "outline_not_polygonal"),
        ({"type": "Feature", "geometry": None, "properties": {}}, "outline_not_polygonal"),
        ({"type": "FeatureCollection", "features": []}, "outline_empty"),
        ({"type": "FeatureCollection", "features": [1]}, "outline_unreadable"),
        (b'{"type":"FeatureCollection","features":[' * 500 + b"{}" + b"]}" * 500, "outline_unreadable"),
        ({"type": "Polygon", "coordinates": None}, "outline_unreadable"),
        ({"type": "Polygon", "coordinates": [[["0", "0"], ["1", "1"], ["0", "1"], ["0", "0"]]]}, "outline_unreadable"),
        ({"type": "Polygon", "coordinates": [[["a", 1], [1, 2], [2, 3], ["a", 1]]]}, "outline_unreadable"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1]]]}, "outline_ring"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 1], [0, 2]]]}, "outline_ring"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 91], [0, 1], [0, 0]]]}, "outline_position"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "outline_empty"),
        (
            {"type": "Polygon", "coordinates": [[[-100, 0], [100, 0], [100, 9], [-100, 9], [-100, 0]]]},
            "outline_edge_too_long",
        ),
    ],
)
def test_what_is_no_area_is_refused_with_a_code(content: object, code: str):
    assert refused(content) == code


@pytest.mark.parametrize("place", ["collection", "feature", "geometry"])
def test_an_area_that_names_a_projection_is_refused_even_if_its_numbers_could_be_degrees(place: str):
    def area(name: str) -> dict[str, object]:
        crs = {"crs": {"type": "name", "properties": {"name": name}}}
        geometry = orjson.loads(shapely.to_geojson(SQUARE)) | (crs if place == "geometry" else {})
        feature = {"type": "Feature", "geometry": geometry} | (crs if place == "feature" else {})
        return {"type": "FeatureCollection", "features": [feature]} | (crs if place == "collection" else {})

    assert refused(area("urn:ogc:def:crs:EPSG::3857")) == "outline_foreign_crs"
    assert read_outline(area("urn:ogc:def:crs:OGC:1.3:CRS84")).stored.equals(SQUARE)


def test_a_million_vertices_are_refused_before_they_are_parsed():
    ring = b"[0.123,45.6]," * 1_000_000
    assert refused(b'{"type":"Polygon","coordinates":[[' + ring[:-1] + b"]]}") == "outline_vertices"


def test_limits_of_vertices_area_and_bytes():
    content = shapely.to_geojson(SQUARE.buffer(1, quad_segs=50)).encode()
    assert refused(content, OutlineLimits(vertices=100)) == "outline_vertices"
    assert refused(content, OutlineLimits(square_metres=1e9)) == "outline_area"
    assert refused(content, OutlineLimits(bytes=100)) == "outline_too_large"


def test_the_hash_is_that_of_the_shape_not_of_its_writing():
    turned = shapely.Polygon([*SQUARE.exterior.coords[2:], *SQUARE.exterior.coords[1:3]])
    assert outline(SQUARE).sha256 == outline(turned).sha256 != outline(shapely.box(10, 40, 12, 42.1)).sha256


def test_a_checked_outline_goes_to_a_child_process_as_it_is():
    found = read_outline(CROSSING)
    again = pickle.loads(pickle.dumps(found))
    assert (again.boxes, again.sha256) == (found.boxes, found.sha256)
    error = pickle.loads(pickle.dumps(OutlineInvalid("outline_area", "Too large.", square_metres=7)))
    assert (error.code, error.text, error.facts) == (
        "outline_area",
        "OutlineInvalidException - Too large.",
        {"square_metres": 7},
    )

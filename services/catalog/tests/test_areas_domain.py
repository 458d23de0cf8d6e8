"""What may be an area: one polygon in any wrapping, also over the antimeridian."""

import math

import pytest
import shapely

from catalog.areas.domain import area_of
from catalog.areas.gpx import gpx
from geo.geojson import BadGeometry
from imagery import intersecting

RING = [[178.41, -18.15], [178.42, -18.15], [178.42, -18.14], [178.41, -18.14], [178.41, -18.15]]
POLYGON = {"type": "Polygon", "coordinates": [RING]}
LINE = {"type": "LineString", "coordinates": RING}
COURTYARD = [[178.412, -18.148], [178.412, -18.146], [178.414, -18.146], [178.412, -18.148]]


def feature(geometry: object) -> dict:
    return {"type": "Feature", "properties": {"fid": 1}, "geometry": geometry}


def collection(*features: object) -> dict:
    return {"type": "FeatureCollection", "features": list(features)}


@pytest.mark.parametrize(
    "drawn",
    [
        POLYGON, LINE, feature(POLYGON), collection(feature(POLYGON)), collection(feature(LINE)),
        {"type": "MultiPolygon", "coordinates": [[RING]]}, {"type": "MultiLineString", "coordinates": [RING]},
        {"type": "GeometryCollection", "geometries": [POLYGON]}, collection(feature(None), feature(POLYGON)),
        collection(feature({"type": "GeometryCollection", "geometries": [{**LINE}]})),
    ],
)  # fmt: skip
def test_one_polygon_in_any_wrapping(drawn: dict):
    area = area_of(drawn)
    assert shapely.geometry.shape(area.geojson).equals(shapely.box(178.41, -18.15, 178.42, -18.14))
    assert area.geojson["type"] == "Polygon"


def test_a_hole_stays():
    area = area_of(collection(feature({"type": "Polygon", "coordinates": [RING, COURTYARD]})))
    assert len(area.geojson["coordinates"]) == 2


OTHER = {"type": "Polygon", "coordinates": [[[8, 47], [8.01, 47], [8.01, 47.01], [8, 47]]]}


@pytest.mark.parametrize(
    ("drawn", "words"),
    [
        (collection(feature(POLYGON), feature(OTHER), feature(OTHER)), "one polygon; this has 3"),
        ({"type": "MultiPolygon", "coordinates": [[RING], OTHER["coordinates"]]}, "one polygon; this has 2"),
        (collection(feature(POLYGON), feature({"type": "Point", "coordinates": [8, 47]})), "a Polygon and a Point"),
        ({"type": "LineString", "coordinates": RING[:-1]}, "this is an open LineString"),
        (collection(), "this is empty"),
        (feature(None), "this is empty"),
        ({"type": "MultiPolygon", "coordinates": []}, "this is empty"),
        ({"type": "FeatureCollection", "features": 7}, "features must be a list"),
        ({"type": "GeometryCollection"}, "geometries must be a list"),
        (collection(7), "this is a value without a type"),
    ],
)
def test_what_is_no_single_polygon_is_refused_in_words(drawn: dict, words: str):
    with pytest.raises(BadGeometry, match=words):
        area_of(drawn)


def test_endless_wrappings_end():
    drawn: dict = POLYGON
    for _ in range(300):
        drawn = {"type": "GeometryCollection", "geometries": [drawn]}
    with pytest.raises(BadGeometry):
        area_of(drawn)


WEST, EAST = 179.996, -179.995
OVER = [[WEST, -16.7], [EAST, -16.7], [EAST, -16.695], [WEST, -16.695], [WEST, -16.7]]
SPELLINGS = {
    "jump": {"type": "Polygon", "coordinates": [OVER]},
    "beyond": {"type": "Polygon", "coordinates": [[[x + 360 if x < 0 else x, y] for x, y in OVER]]},
    "below": {"type": "Polygon", "coordinates": [[[x - 360 if x > 0 else x, y] for x, y in OVER]]},
    "cut": {"type": "MultiPolygon", "coordinates": [
        [[[WEST, -16.7], [180, -16.7], [180, -16.695], [WEST, -16.695], [WEST, -16.7]]],
        [[[-180, -16.7], [EAST, -16.7], [EAST, -16.695], [-180, -16.695], [-180, -16.7]]],
    ]},
}  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_an_area_over_the_antimeridian_is_cut_there(spelling: str):
    area, same = area_of(SPELLINGS[spelling]), area_of(POLYGON | {"coordinates": [[[x - 1, y] for x, y in BESIDE]]})
    assert area.geojson["type"] == "MultiPolygon"
    assert area.bbox == pytest.approx((WEST, -16.7, EAST, -16.695), abs=1e-9)
    assert area.square_metres == pytest.approx(same.square_metres, rel=1e-6)
    columns = {tile.x for tile in intersecting(area.surface, 18, 1000)}
    assert {0, 2**18 - 1} < columns


BESIDE = [[x + 360 if x < 0 else x, y] for x, y in OVER]


def test_an_area_seen_on_a_map_that_was_scrolled_is_where_it_is():
    scrolled = {"type": "Polygon", "coordinates": [[[x + 4, y] for x, y in RING]]}
    area = area_of(scrolled)
    assert area.geojson["type"] == "Polygon"
    assert area.bbox == pytest.approx((-177.59, -18.15, -177.58, -18.14))


def test_gpx_has_decimals_only():
    text = gpx("Null Island", [[[1e-05, -2e-07], [0.00003, 85.123456789], [1e-05, -2e-07]]])
    assert 'lat="-0.0000002" lon="0.00001"' in text
    assert text.count("<trkseg>") == 1
    assert math.isclose(0.00003, float(text.split('lon="')[2].split('"')[0]))


UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32637"}}


@pytest.mark.parametrize(
    "drawn",
    [
        {**POLYGON, "crs": UTM}, feature({**POLYGON, "crs": UTM}), {**collection(feature(POLYGON)), "crs": UTM},
        {"type": "Polygon", "coordinates": [[[*point, "text"] for point in RING]]},
        {"type": "Polygon", "coordinates": [[[*point, True] for point in RING]]},
        {"type": "Polygon", "coordinates": [[[str(x), y] for x, y in RING]]},
        {"type": "Polygon", "coordinates": [[[True, False], [1, 1], [0, 1], [True, False]]]},
    ],
)  # fmt: skip
def test_projections_and_positions_that_are_no_numbers_are_refused(drawn: dict):
    with pytest.raises(BadGeometry):
        area_of(drawn)

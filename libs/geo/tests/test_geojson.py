"""What passes as a GeoJSON geometry, and what is left of it."""

import pytest

from geo.geojson import BadGeometry, foreign_crs, plain_geometry

RING = [[10.0, 50.0], [10.01, 50.0], [10.01, 50.01], [10.0, 50.01], [10.0, 50.0]]
POINT = {"type": "Point", "coordinates": [10.05, 50.05, 1400.5]}
SURFACE = {"type": "Polygon", "coordinates": [RING]}
UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32637"}}
WGS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


@pytest.mark.parametrize(
    "geometry",
    [
        POINT, SURFACE, {"type": "LineString", "coordinates": [[1, 2], [3, 4, 5]]},
        {"type": "MultiPolygon", "coordinates": [[RING], [RING]]}, {"type": "MultiPoint", "coordinates": [[1, 2]]},
        {"type": "GeometryCollection", "geometries": [POINT, SURFACE]},
    ],
)  # fmt: skip
def test_geometry_stays_without_other_members(geometry):
    assert plain_geometry({**geometry, "crs": WGS, "bbox": "x", "\x00": "\x00"}) == geometry


def test_parts_of_a_collection_lose_other_members_too():
    found = plain_geometry({"type": "GeometryCollection", "geometries": [{**POINT, "\x00": 1}]})
    assert found == {"type": "GeometryCollection", "geometries": [POINT]}


def position(*numbers: object) -> dict:
    return {"type": "Point", "coordinates": list(numbers)}


@pytest.mark.parametrize(
    "geometry",
    [
        {}, None, "POINT(1 2)", [], {"type": "Circle", "coordinates": [1, 2]}, {"type": "Point"},
        {"type": ["Point"], "coordinates": [1, 2]}, {"type": "Point\x00", "coordinates": [1, 2]},
        position(), position(1), position("a", 2), position("1", 2), position(1, 2, "a"), position(1, 2, 3, "\x00"),
        position(1, 2, None), position(1, 2, [3]), position(1, 2, {"z": 3}), position(1, 2, True), position(True, 0),
        position(1, 2, float("nan")), position(1, 2, 3, 4, 5), position(181, 0), position(0, 91),
        position(float("nan"), 0), position(0, float("inf")), {"type": "LineString", "coordinates": [[1, 2]]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4, "x"]]}, {"type": "Polygon", "coordinates": [RING[:-1]]},
        {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": RING},
        {"type": "Polygon", "coordinates": [[[*point, "x"] for point in RING]]},
        {"type": "GeometryCollection", "geometries": []}, {"type": "GeometryCollection", "geometries": ["x"]},
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [POINT]}]},
        {"type": "MultiPoint", "coordinates": [[0, 0]] * 10_001},
        {**POINT, "crs": UTM}, {**POINT, "crs": {"type": "name", "properties": {}}}, {**POINT, "crs": "\x00"},
        {"type": "GeometryCollection", "geometries": [{**POINT, "crs": UTM}]},
    ],
)  # fmt: skip
def test_anything_else_is_refused(geometry):
    with pytest.raises(BadGeometry):
        plain_geometry(geometry)


@pytest.mark.parametrize("name", ["EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC::CRS84", "WGS 84"])
def test_longitude_and_latitude_have_many_names(name: str):
    assert foreign_crs({"crs": {"type": "name", "properties": {"name": name}}}) == ""
    assert foreign_crs({"crs": None}) == foreign_crs({}) == ""


def test_projection_is_named_without_what_cannot_be_printed():
    assert foreign_crs({"crs": {"properties": {"name": "EPSG:\x0032637"}}}) == "EPSG:32637"

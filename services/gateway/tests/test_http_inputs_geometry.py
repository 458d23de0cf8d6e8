"""Geometries as text, as clients built on GeoDjango and PostGIS write them."""

import time

import pytest

from gateway.http.inputs.geometry_text import of_wkt, read

RING = [[36.81, -1.29], [36.82, -1.29], [36.82, -1.28], [36.81, -1.29]]


@pytest.mark.parametrize(
    ("text", "kind", "coordinates"),
    [
        ("SRID=4326;POLYGON ((36.81 -1.29, 36.82 -1.29, 36.82 -1.28, 36.81 -1.29))", "Polygon", [RING]),
        (" srid = 4326 ; polygon((36.81 -1.29,36.82 -1.29,36.82 -1.28,36.81 -1.29)) ", "Polygon", [RING]),
        ("MULTIPOLYGON(((36.81 -1.29,36.82 -1.29,36.82 -1.28,36.81 -1.29)))", "MultiPolygon", [[RING]]),
        ("POLYGON Z((36.81 -1.29 5,36.82 -1.29 5,36.82 -1.28 5,36.81 -1.29 5))", "Polygon", [RING]),
        ("POLYGONZM((36.81 -1.29 5 1,\n36.82 -1.29 5 1,36.82 -1.28 5 1,36.81 -1.29 5 1))", "Polygon", [RING]),
        ("POINT(1e-05 -.5)", "Point", [1e-05, -0.5]),
        ("MULTIPOINT((1 2),(3 4))", "MultiPoint", [[1, 2], [3, 4]]),
        ("MULTIPOINT(1 2,3 4)", "MultiPoint", [[1, 2], [3, 4]]),
        ("LINESTRING(0.30278254703574703 2, +3 4)", "LineString", [[0.30278254703574703, 2], [3, 4]]),
    ],
)
def test_wkt_is_read_with_every_digit(text: str, kind: str, coordinates: list):
    assert of_wkt(text) == {"type": kind, "coordinates": coordinates}


@pytest.mark.parametrize(
    "text",
    [
        "", "no", "POLYGON", "POLYGON EMPTY", "POLYGON((1 2", "POLYGON((1 2))(", "POINT(1 2) x", "POINT(1)",
        "CIRCLE(1 2)", "POINT(1 nan)", "POINT(1--2 3)", "POINT(1,2)", '{"type":', "(1 2)", "SRID=4326;", "POINT(e e)",
    ],
)  # fmt: skip
def test_what_is_no_geometry_is_refused(text: str):
    with pytest.raises(ValueError, match="must be a GeoJSON geometry, its text, or WKT"):
        read(text)


def test_other_projections_are_refused_by_name():
    with pytest.raises(ValueError, match="is in EPSG:3857"):
        read("SRID=3857;POINT(4097700 -143700)")


@pytest.mark.parametrize("text", ["POLYGON((" + "1 2," * 250_000, "POINT(" * 170_000, "(" * 10**6, " " * 10**6 + "x",
                                  "POLYGON((" + "1 " * 500_000 + "))", "SRID=" + "1" * 10**6,
                                  "POINT" + " " * 10**6, "POINT(" + "(" * 5000 + ")" * 5000 + ")"])  # fmt: skip
def test_long_nonsense_costs_little(text: str):
    start = time.process_time()
    with pytest.raises(ValueError, match="GeoJSON"):
        read(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("text", [r'{"type": "Point\u0000"}', r'{"type": "Point", "coordinates": ["\u0000", 2]}'])
def test_nul_characters_of_a_text_within_the_body_are_refused(text: str):
    """Written `\\u005cu0000`, they pass a check of the body around them."""
    with pytest.raises(ValueError, match="NUL"):
        read(text)

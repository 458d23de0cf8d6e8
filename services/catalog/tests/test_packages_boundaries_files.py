"""What files of boundaries are taken, and which answers the shared sample gives."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import shapely

from catalog.commands import import_boundaries
from catalog.packages.boundaries.domain import ImportRefused, clean_name
from catalog.packages.boundaries.reading import MAX_VERTICES, read_boundaries
from contracts.catalog import boundaries as c
from extracts.names import own_area_name
from kit.testing import ADMIN, Caller

SAMPLE = Path(__file__).parents[4] / "shared" / "data" / "packages" / "boundaries" / "africa_europe_85.geojson"
SQUARE = orjson.loads(shapely.to_geojson(shapely.box(0, 0, 1, 1)))


def file_of(*named: Any, geometry: Any = SQUARE, **more: Any) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": {"name": one, "name_long": one}, "geometry": geometry} for one in named
    ]
    return {"type": "FeatureCollection", "features": features, **more}


def refused(collection: Any) -> tuple[str, str]:
    with pytest.raises(ImportRefused) as error:
        read_boundaries(collection, "name", "name_long")
    return error.value.kind, error.value.code


@pytest.mark.parametrize(("given", "stored"), [
    ("S. Sudan", "ssudan"), ("Bosnia and Herz.", "bosniaandherz"), ("Guinea-Bissau", "guineabissau"),
    ("Côte d'Ivoire", "ctedivoire"), ("eSwatini", "eswatini"), ("42", ""),
])  # fmt: skip
def test_names_are_their_letters(given: str, stored: str):
    assert clean_name(given) == stored


def test_the_coordinate_system_is_that_of_degrees():
    for name in ("EPSG:4326", "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:OGC:1.3:CRS84"):
        assert read_boundaries(file_of("a", crs={"properties": {"name": name}}), "name", "name").skipped == 0
    for crs in ({"properties": {"name": "EPSG:3857"}}, {"properties": {}}, "EPSG:4326", {}):
        assert refused(file_of("a", crs=crs)) == ("invalid", "wrong_crs")


def test_features_without_a_name_of_their_own_are_counted():
    found = read_boundaries(file_of("a", "-99", -99), "name", "name_long")
    assert ([one.name for one in found.boundaries], found.skipped) == (["a"], 2)


def test_columns_must_be_there():
    for collection in (file_of("a", None), {**file_of("a"), "features": [{"geometry": SQUARE}]}):
        assert refused(collection) == ("invalid", "missing_column")
    with pytest.raises(ImportRefused, match="a has no column 'other'"):
        read_boundaries(file_of("a"), "name", "other")


@pytest.mark.parametrize("geometry", [
    None, {"type": "Point", "coordinates": [0, 0]}, {"type": "Polygon", "coordinates": []}, {"type": "Polygon"},
    {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, {"type": "MultiPolygon", "coordinates": "x"},
    orjson.loads(shapely.to_geojson(shapely.box(0, 0, 500_000, 500_000))),
])  # fmt: skip
def test_outlines_are_polygons_in_degrees(geometry: Any):
    assert refused(file_of("a", geometry=geometry)) == ("unprocessable", "wrong_geometry")


def test_an_outline_has_as_many_vertices_as_packages_are_cut_by():
    ring = [[number / MAX_VERTICES, 0] for number in range(MAX_VERTICES)] + [[1, 1], [0, 0]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    assert refused(file_of("a", geometry=polygon)) == ("unprocessable", "wrong_geometry")


@pytest.mark.parametrize(("name", "code"), [
    ("Search", "name_reserved"), (own_area_name("ab" * 32), "name_reserved"), ("É", "name_empty"),
    ("a" * 201, "name_too_long"), ("a\0", "name_long_invalid"), (f"a{' ' * 500}", "name_long_invalid"),
])  # fmt: skip
def test_some_names_are_refused(name: str, code: str):
    assert refused(file_of("fine", name)) == ("unprocessable", code)


def test_what_is_no_collection_is_refused():
    for collection in ({}, {"type": "Feature"}, {"type": "FeatureCollection", "features": {}}):
        assert refused(collection) == ("unprocessable", "not_a_collection")


async def test_the_command_line_does_the_same(running, caller: Caller, tmp_path: Path):
    file = tmp_path / "areas.geojson"
    file.write_bytes(orjson.dumps(file_of("Mali", "Chad")))
    collection = orjson.loads(file.read_bytes())
    command = c.ImportBoundaries(collection=collection, admin_level="3", wipe=True)
    assert (await import_boundaries.run(running.settings, command)).names == ["mali", "chad"]
    assert (await caller.ask(c.GetBoundary(name="chad")))["admin_level"] == "3"
    with pytest.raises(Exception, match="There are boundaries with these names already: chad, mali"):
        await import_boundaries.run(running.settings, c.ImportBoundaries(collection=collection))
    with pytest.raises(SystemExit, match=r"nothing\.geojson"):
        import_boundaries.main([str(tmp_path / "nothing.geojson")])


@pytest.mark.skipif(not SAMPLE.is_file(), reason="the shared sample is not here")
async def test_the_shared_sample_gives_the_expected_answers(running, caller: Caller):
    collection = orjson.loads(SAMPLE.read_bytes())
    verdict = await caller.send(c.ImportBoundaries(collection=collection, wipe=True), ADMIN)
    assert (verdict.result["loaded"], len(await caller.ask(c.ListBoundaries()))) == (85, 85)

    async def names(**asked: Any) -> list[str]:
        return [row["name"] for row in await caller.ask(c.SearchBoundaries(**asked))]

    assert await names(name="mbi") == ["mozambique", "gambia", "zambia"]
    points = {(28.2, 3.2): ["algeria"], (28.2, 0.0): ["algeria"], (128.2, 113.2): [], (-29.5, 24.0): ["southafrica"],
              (13.4, -15.5): ["gambia"]}  # fmt: skip
    assert {at: await names(latitude=at[0], longitude=at[1]) for at in points} == points
    ring = (await caller.ask(c.GetBoundary(name="gambia")))["envelope"]["coordinates"][0]
    expected = orjson.loads((SAMPLE.parent / "gambia_envelope.geojson").read_bytes())
    assert [ring] == expected["coordinates"]

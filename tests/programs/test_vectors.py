"""Labels and results as GDAL gives them to QGIS, by the addresses that the API tells."""

import pytest
import shapely
from shapely.geometry import box, shape

from tests.programs.conftest import Facts, Programs, Village

pytestmark = [pytest.mark.live, pytest.mark.timeout(1800)]
POLYGONS = {3, 6}
"""Polygon and MultiPolygon, as shapely numbers them."""


@pytest.fixture(scope="module")
def opened(village: Village, programs: Programs) -> dict[str, Facts]:
    files = {"labels": (village.dataset.assets or {})["labels"], **village.result}
    addresses = {name: files[name] for name in ("labels", "geojson", "fgb")}
    return programs.run("vectors", addresses=addresses)


@pytest.mark.parametrize(("name", "driver"), [("labels", "GeoJSON"), ("geojson", "GeoJSON"), ("fgb", "FlatGeobuf")])
def test_gdal_opens_polygons_in_degrees(opened: dict[str, Facts], name: str, driver: str):
    layer = opened[name]
    assert (layer["driver"], layer["crs"], layer["invalid"]) == (driver, "EPSG:4326", 0)
    assert layer["features"] > 20
    assert set(layer["kinds"]) <= POLYGONS


@pytest.mark.parametrize("name", ["labels", "geojson", "fgb"])
def test_outer_rings_wind_counter_clockwise(opened: dict[str, Facts], name: str):
    """RFC 7946, section 3.1.6."""
    assert opened[name]["clockwise"] == 0


@pytest.mark.parametrize("path", ["/datasets/{dataset}/labels/", "/datasets/{dataset}/aois/", "/aois/?limit=50"])
def test_collections_of_the_api_wind_counter_clockwise(village: Village, path: str):
    found = village.get(path.format(dataset=village.dataset.id)).raise_for_status().json()
    features = (found.get("results") or found)["features"]
    rings = [part.exterior for one in features for part in shapely.get_parts(shape(one["geometry"]))]
    assert [ring.wkt for ring in rings if not ring.is_ccw] == []
    assert features or "labels" in path  # labels that came from OpenStreetMap are not stored


def test_the_formats_hold_the_same(opened: dict[str, Facts]):
    whole, flat = opened["geojson"], opened["fgb"]
    assert sorted(whole["wkt"]) == sorted(flat["wkt"])
    assert set(whole["columns"]) == set(flat["columns"])
    for name in whole["columns"]:
        assert sorted(map(str, whole["values"][name])) == sorted(map(str, flat["values"][name])), name


def test_item_names_columns_that_the_label_file_has(opened: dict[str, Facts], village: Village):
    properties = village.item("datasets", village.dataset.stac_id)["properties"]
    [named], classes = properties["label:properties"], {one["name"] for one in properties["label:classes"]}
    assert set(map(str, opened["labels"]["values"][named])) <= classes | {
        str(value) for one in properties["label:classes"] for value in one["classes"]
    }


@pytest.mark.parametrize("name", ["geojson", "fgb"])
def test_results_belong_to_the_asked_area(opened: dict[str, Facts], village: Village, name: str):
    """By the rule of docs/decisions/0035: those with the point on their surface in the area, kept whole."""
    area = box(*village.box).buffer(1e-7)
    shapes = [shapely.from_wkt(text) for text in opened[name]["wkt"]]
    assert [one.wkt for one in shapes if not area.contains(one.point_on_surface())] == []


def test_features_by_box_are_those_of_the_file(opened: dict[str, Facts], village: Village):
    path = f"/workspace/stream/prediction_{village.prediction.id}/labels.fgb"
    answer = village.get(f"{path}?bbox={','.join(map(str, village.box))}").raise_for_status().json()
    found = [shapely.to_wkt(shapely.normalize(shape(one["geometry"])), 9) for one in answer["features"]]
    assert sorted(found) == sorted(opened["geojson"]["wkt"])

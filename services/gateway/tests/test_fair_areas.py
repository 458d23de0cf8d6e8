"""Areas in the wrappings that maps, editors and GIS write, and boxes over the antimeridian."""

import pytest
from v1_rows import RING, SQUARE, area, prediction, rows

from contracts.catalog.areas import ChangeAoi, CreateAoi, ListAois
from contracts.prediction import SubmitPrediction
from contracts.verdict import Accepted

FEATURE = {"type": "Feature", "geometry": SQUARE, "properties": {"dataset": 5}}
MULTI = {"type": "MultiPolygon", "coordinates": [[RING]]}
LINE = {"type": "LineString", "coordinates": RING}


@pytest.mark.parametrize(
    ("body", "geometry", "dataset"),
    [
        (FEATURE, SQUARE, 5),
        ({"type": "FeatureCollection", "features": [FEATURE], "crs": None}, SQUARE, 5),
        (FEATURE | {"geometry": MULTI}, MULTI, 5),
        (SQUARE, {**SQUARE}, None),
        (LINE | {"dataset": 5}, LINE | {"dataset": 5}, 5),
        ({"type": "GeometryCollection", "geometries": [SQUARE]}, None, None),
    ],
)
async def test_any_wrapping_reaches_the_owner(http, owners, mapper, body, geometry, dataset):
    owners.judge(CreateAoi, Accepted(result=area(), http=201))
    owners.judge(ChangeAoi, Accepted(result=area()))
    assert (await http.post("/api/v1/aois/", json=body, headers=mapper)).status_code == 201
    assert owners.last(CreateAoi)["geometry"] == (geometry or body)
    assert owners.last(CreateAoi)["dataset"] == dataset
    for change in (http.put, http.patch):
        assert (await change("/api/v1/aois/12/", json=body, headers=mapper)).status_code == 200
        assert owners.last(ChangeAoi)["geometry"] == (geometry or body)


async def test_several_features_are_counted_by_the_owner(http, owners, mapper, problem):
    owners.judge(CreateAoi, Accepted(result=area(), http=201))
    body = {"type": "FeatureCollection", "features": [FEATURE, FEATURE]}
    await http.post("/api/v1/aois/", json=body, headers=mapper)
    assert owners.last(CreateAoi)["geometry"] == body
    problem(await http.post("/api/v1/aois/", json={"type": "Blob"}, headers=mapper), 400)


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("179.5,-17,-179.5,-16", [179.5, -17, -179.5, -16]), ("179.5,-17,180.5,-16", [179.5, -17, -179.5, -16]),
        ("-180.5,-17,-179.5,-16", [179.5, -17, -179.5, -16]), ("-180,-90,180,90", [-180, -90, 180, 90]),
        ("-200,-17,200,-16", [-180, -17, 180, -16]), ("8,47,9,48", [8, 47, 9, 48]), ("181,1,182,2", [-179, 1, -178, 2]),
    ],
)  # fmt: skip
async def test_a_box_may_cross_the_antimeridian(http, owners, mapper, text, box):
    owners.answer(ListAois, rows())
    assert (await http.get("/api/v1/aois/", params={"in_bbox": text}, headers=mapper)).status_code == 200
    assert owners.last(ListAois)["page"]["in_bbox"] == box


@pytest.mark.parametrize("text", ["1,2,3", "1,3,2,2", "600,1,601,2", "nan,1,2,2", "a,b,c,d"])
async def test_other_boxes_are_refused(http, mapper, problem, text):
    problem(await http.get("/api/v1/aois/", params={"in_bbox": text}, headers=mapper), 400)


@pytest.mark.parametrize("geom", ["SRID=4326;POLYGON ((%s))", "POLYGON((%s))"])
async def test_v1_takes_wkt_wherever_it_takes_a_geometry(http, owners, mapper, geom):
    text = geom % ", ".join(f"{x} {y}" for x, y in RING)
    owners.judge(CreateAoi, Accepted(result=area(), http=201))
    made = await http.post("/api/v1/aoi/", json={"geom": text, "dataset": 5}, headers=mapper)
    assert (made.status_code, owners.last(CreateAoi)["geometry"]) == (201, SQUARE)
    owners.judge(SubmitPrediction, Accepted(result=prediction(), http=202))
    config = {"checkpoint": "roofs-v1", "zoom_level": 19, "source": "https://img.example/{z}/{x}/{y}.png"}
    await http.post("/api/v1/prediction/", json={"geom": text, "config": config}, headers=mapper)
    assert owners.last(SubmitPrediction)["geometry"] == SQUARE


async def test_wkt_in_another_projection_is_refused_with_its_name(http, mapper, problem):
    body = {"geom": "SRID=32637;POINT(258000 9857000)", "dataset": 5}
    refused = problem(await http.post("/api/v1/aoi/", json=body, headers=mapper), 400)["error"]
    assert refused["code"] == "GEOMETRY_VALIDATION_ERROR"
    assert "EPSG:32637" in refused["message"] + str(refused["details"])

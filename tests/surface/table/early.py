"""The first generation: data and models."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, POLYGON, Rows
from tests.surface.table.labels import FILE

DATASET = {"name": "roofs", "source_imagery": IMAGERY}


def label(rows: Rows) -> dict:
    return {"geom": POLYGON, "aoi": rows.aoi()}


ROWS = [
    Row("public-read GET /api/v1/dataset/"),
    Row("auth POST /api/v1/dataset/", DATASET),
    Row("public-read GET /api/v1/dataset/{dataset_id}/"),
    Row("owner PUT /api/v1/dataset/{dataset_id}/", DATASET),
    Row("owner PATCH /api/v1/dataset/{dataset_id}/", {"name": "barns"}),
    Row("owner DELETE /api/v1/dataset/{dataset_id}/"),
    Row("anon GET /api/v1/banner/"),
    Row("admin POST /api/v1/banner/", {"message": "new"}),
    Row("anon GET /api/v1/banner/{banner_id}/"),
    Row("admin PUT /api/v1/banner/{banner_id}/", {"message": "newer"}),
    Row("admin PATCH /api/v1/banner/{banner_id}/", {}),
    Row("admin DELETE /api/v1/banner/{banner_id}/"),
    Row("public-read GET /api/v1/aoi/"),
    Row("auth POST /api/v1/aoi/", {"geom": POLYGON}),
    Row("public-read GET /api/v1/aoi/{aoi_id}/"),
    Row("owner PUT /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("owner PATCH /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("owner DELETE /api/v1/aoi/{aoi_id}/"),
    Row("public-read GET /api/v1/aoi/gpx/{aoi_id}/"),
    Row("public-read GET /api/v1/label/"),
    Row(
        "auth POST /api/v1/label/",
        label,
        row=True,
        but={"private stranger": 400},
        why="the body names what is not there",
    ),
    Row("public-read GET /api/v1/label/{label_id}/"),
    Row("admin PUT /api/v1/label/{label_id}/", label),
    Row("admin PATCH /api/v1/label/{label_id}/", {"tags": {"building": "yes"}}),
    Row("admin DELETE /api/v1/label/{label_id}/"),
    Row("auth POST /api/v1/label/osm/fetch/{aoi_id}/"),
    Row(
        "auth POST /api/v1/label/upload/{aoi_id}/",
        FILE,
        but={"private stranger": 400},
        why="v1 answers 400 with `error` for whatever is wrong with an upload, an AOI that is not there included",
    ),
    Row("public-read GET /api/v1/model/"),
    Row(
        "auth POST /api/v1/model/",
        lambda rows: {"name": "x", "dataset": rows.dataset()},
        done=400,
        why="no base model is registered",
    ),
    Row("public-read GET /api/v1/model/{model_id}/"),
    Row("owner PATCH /api/v1/model/{model_id}/", {"description": "x"}),
    Row(
        "owner PUT /api/v1/model/{model_id}/",
        lambda rows: {"name": "x", "dataset": rows.seen_as("public").dataset()},
    ),
    Row("owner DELETE /api/v1/model/{model_id}/"),
]

"""The first generation: data and models."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, POLYGON, Rows
from tests.surface.table.labels import FILE

DATASET = {"name": "roofs", "source_imagery": IMAGERY}


def label(rows: Rows) -> dict:
    return {"geom": POLYGON, "aoi": rows.aoi()}


ROWS = [
    Row("GET /api/v1/dataset/"),
    Row("POST /api/v1/dataset/", DATASET),
    Row("GET /api/v1/dataset/{dataset_id}/"),
    Row("PUT /api/v1/dataset/{dataset_id}/", DATASET),
    Row("PATCH /api/v1/dataset/{dataset_id}/", {"name": "barns"}),
    Row("DELETE /api/v1/dataset/{dataset_id}/"),
    Row("GET /api/v1/aoi/"),
    Row("POST /api/v1/aoi/", {"geom": POLYGON}),
    Row("GET /api/v1/aoi/{aoi_id}/"),
    Row("PUT /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("PATCH /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("DELETE /api/v1/aoi/{aoi_id}/"),
    Row("GET /api/v1/aoi/gpx/{aoi_id}/"),
    Row("GET /api/v1/label/"),
    Row("POST /api/v1/label/", label, row=True, but={"private stranger": 400}, why="the body names what is not there"),
    Row("GET /api/v1/label/{label_id}/"),
    Row("PUT /api/v1/label/{label_id}/", label),
    Row("PATCH /api/v1/label/{label_id}/", {"tags": {"building": "yes"}}),
    Row("DELETE /api/v1/label/{label_id}/"),
    Row("POST /api/v1/label/osm/fetch/{aoi_id}/"),
    Row("POST /api/v1/label/upload/{aoi_id}/", FILE, but={"private stranger": 400},
        why="v1 answers 400 with `error` for whatever is wrong with an upload, an AOI that is not there included"),
    Row("GET /api/v1/model/"),
    Row("POST /api/v1/model/", lambda rows: {"name": "x", "dataset": rows.dataset()}, done=400,
        why="no base model is registered"),
    Row("GET /api/v1/model/{model_id}/"),
    Row("PATCH /api/v1/model/{model_id}/", {"description": "x"}),
]  # fmt: skip

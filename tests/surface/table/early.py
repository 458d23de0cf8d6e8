"""The first generation: data and models."""

from tests.surface.expected import Row
from tests.surface.rows import POLYGON, Rows

FILE = {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": POLYGON, "properties": {}}]}


def label(rows: Rows) -> dict:
    return {"geom": POLYGON, "aoi": rows.aoi()}


ROWS = [
    Row("POST /api/v1/aoi/", {"geom": POLYGON}),
    Row("PUT /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("PATCH /api/v1/aoi/{aoi_id}/", {"geom": POLYGON}),
    Row(
        "POST /api/v1/label/",
        label,
        row=True,
        but={"private stranger": 400},
        why="the body names what is not there",
    ),
    Row("PUT /api/v1/label/{label_id}/", label),
    Row(
        "POST /api/v1/label/upload/{aoi_id}/",
        FILE,
        but={"private stranger": 400},
        why="v1 answers 400 with `error` for whatever is wrong with an upload, an AOI that is not there included",
    ),
    Row(
        "POST /api/v1/model/",
        lambda rows: {"name": "x", "dataset": rows.dataset()},
        done=400,
        why="no base model is registered",
    ),
    Row("PATCH /api/v1/model/{model_id}/", {"description": "x"}),
    Row(
        "PUT /api/v1/model/{model_id}/",
        lambda rows: {"name": "x", "dataset": rows.seen_as("public").dataset()},
    ),
]

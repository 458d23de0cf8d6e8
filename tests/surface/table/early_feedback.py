"""The first generation: feedback, the areas that it marks, files of runs."""

from tests.surface.expected import Row
from tests.surface.rows import POLYGON, Rows

UNKNOWN = "the body names what is not there"
NOWHERE = {"path": lambda _: "nowhere/nothing"}


def of_training(rows: Rows) -> str:
    return f"training={rows.training()}"


def area(rows: Rows) -> dict:
    return {"geom": POLYGON, "training": rows.training()}


def label(rows: Rows) -> dict:
    return {"geom": POLYGON, "feedback_aoi": rows.aoi()}


def submit(rows: Rows) -> dict:
    return {"training_id": rows.training()}


ROWS = [
    Row("public-read GET /api/v1/models/centroid/"),
    Row("auth GET /api/v1/approved-prediction/"),
    Row("auth POST /api/v1/approved-prediction/", area),
    Row("auth GET /api/v1/approved-prediction/{feedback_id}/"),
    Row("owner DELETE /api/v1/approved-prediction/{feedback_id}/"),
    Row("auth GET /api/v1/feedback-aoi/", query=of_training, row=False, why="only the caller's own areas are listed"),
    Row(
        "auth POST /api/v1/feedback-aoi/",
        area,
        row=True,
        but={"private stranger": 400, "public stranger": 201},
        why=f"whoever sees a training may mark areas for it; for others {UNKNOWN}",
    ),
    Row("public-read GET /api/v1/feedback-aoi/{aoi_id}/"),
    Row("owner PATCH /api/v1/feedback-aoi/{aoi_id}/", {"geom": POLYGON}),
    Row("owner DELETE /api/v1/feedback-aoi/{aoi_id}/"),
    Row("public-read GET /api/v1/feedback-aoi/gpx/{aoi_id}/"),
    Row("auth POST /api/v1/label/feedback/osm/fetch/{aoi_id}/"),
    Row("auth GET /api/v1/feedback-label/"),
    Row("auth POST /api/v1/feedback-label/", label, row=True, but={"private stranger": 400}, why=UNKNOWN),
    Row("public-read GET /api/v1/feedback-label/{label_id}/"),
    Row("owner PATCH /api/v1/feedback-label/{label_id}/", {"geom": POLYGON}),
    Row("owner DELETE /api/v1/feedback-label/{label_id}/"),
    Row("auth POST /api/v1/feedback/training/submit/", submit, done=400, row=False, why="nothing was marked for it"),
    Row(
        "public-read GET /api/v1/workspace/download/{path:path}", names=NOWHERE, done=404, row=False, why="no such file"
    ),
    Row(
        "public-read GET /api/v1/workspace/stream/{path:path}",
        names={"path": lambda _: "nowhere/x.fgb"},
        query="bbox=1,1,1.1,1.1",
        done=404,
        row=False,
        why="no such file",
    ),
    Row("public-read GET /api/v1/workspace/{path:path}", names=NOWHERE, done=404, row=False, why="no such folder"),
]

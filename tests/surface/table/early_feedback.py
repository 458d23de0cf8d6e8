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
    Row("POST /api/v1/approved-prediction/", area),
    Row("GET /api/v1/feedback-aoi/", query=of_training, row=False, why="only the caller's own areas are listed"),
    Row(
        "POST /api/v1/feedback-aoi/",
        area,
        row=True,
        but={"private stranger": 400, "public stranger": 201},
        why=f"whoever sees a training may mark areas for it; for others {UNKNOWN}",
    ),
    Row("POST /api/v1/feedback-label/", label, row=True, but={"private stranger": 400}, why=UNKNOWN),
    Row("POST /api/v1/feedback/training/submit/", submit, done=400, row=False, why="nothing was marked for it"),
    Row("GET /api/v1/workspace/download/{path:path}", names=NOWHERE, done=404, row=False, why="no such file"),
    Row(
        "GET /api/v1/workspace/stream/{path:path}",
        names={"path": lambda _: "nowhere/x.fgb"},
        query="bbox=1,1,1.1,1.1",
        done=404,
        row=False,
        why="no such file",
    ),
    Row("GET /api/v1/workspace/{path:path}", names=NOWHERE, done=404, row=False, why="no such folder"),
]

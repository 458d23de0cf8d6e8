"""Trainings; the rows have ended in failure."""

from tests.surface.expected import Row
from tests.surface.rows import Rows

RUN = {"run_id": Rows.training_run}
SUBMIT = {"base_model_stac_id": "nobody", "dataset_stac_id": "nothing", "model_name": "x"}

ROWS = [
    Row("POST /api/v1/trainings/submit/", SUBMIT, done=404, why="neither model nor dataset exists"),
    Row("POST /api/v1/trainings/{training_id}/retry/", done=409, why="its dataset was not built"),
    Row(
        "POST /api/v1/trainings/{training_id}/clone/",
        {"model_name": "x"},
        done=404,
        but={"public stranger": 404},
        why="whoever sees a training may repeat it; its base model does not exist",
    ),
    Row("POST /api/v1/trainings/{training_id}/cancel/", done=409, why="it has ended"),
    Row(
        "POST /api/v1/trainings/{training_id}/publish/",
        {},
        done=409,
        why="it failed",
    ),
    Row("GET /api/v1/trainings/runs/{run_id}/status/", names=RUN),
    Row(
        "GET /api/v1/trainings/runs/{run_id}/logs/",
        names=RUN,
        done=404,
        why="its log is gone",
    ),
    Row(
        "POST /api/v1/trainings/runs/{run_id}/cancel/",
        names=RUN,
        done=409,
        why="it has ended",
    ),
]

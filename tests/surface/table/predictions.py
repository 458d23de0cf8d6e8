"""Predictions, which have failed, and what mappers say of them."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, POLYGON, Rows

NO_FILE = {"name": lambda _: "predictions.geojson"}
RUN = {"run_id": Rows.prediction_run}
SUBMIT = {"model_stac_id": "nobody", "image_uri": IMAGERY, "zoom": 19, "geometry": POLYGON}
LIVE = {"model_stac_id": "nobody", "image_uri": IMAGERY, "zoom": 19, "bbox": [85.51, 27.62, 85.511, 27.621]}
INFER = {**LIVE, "model_uri": "s3://fairway/local-models/nobody/model/model.onnx"}


def feedback(rows: Rows) -> dict:
    return {"type": "Feature", "geometry": POLYGON, "properties": {"stac_id": "unet", "prediction": rows.prediction()}}


ROWS = [
    Row("POST /api/v1/predictions/submit/", SUBMIT, done=404, why="no such model"),
    Row("POST /api/v1/predictions/live/", LIVE, done=404, why="no such model"),
    Row("POST /api/v1/inference/predict/", INFER, done=404, why="no such model"),
    Row("POST /api/v1/predictions/{prediction_id}/cancel/", done=409, why="it has ended"),
    Row("GET /api/v1/predictions/{prediction_id}/result/", done=409, why="it has no results"),
    Row("GET /api/v1/predictions/{prediction_id}/results/{name}", names=NO_FILE, done=404, why="no results yet"),
    Row("HEAD /api/v1/predictions/{prediction_id}/results/{name}", names=NO_FILE, done=404, why="no results yet"),
    Row("POST /api/v1/predictions/{prediction_id}/mapswipe/", {}, done=409, why="it has no results"),
    Row("GET /api/v1/predictions/{prediction_id}/mapswipe/", done=404, why="it was never pushed"),
    Row("GET /api/v1/predictions/runs/{run_id}/status/", names=RUN),
    Row(
        "GET /api/v1/predictions/runs/{run_id}/logs/",
        names=RUN,
        done=503,
        why="logs are the pipeline server's, and there is none here",
    ),
    Row(
        "POST /api/v1/predictions/runs/{run_id}/cancel/",
        names=RUN,
        done=409,
        why="it has ended",
    ),
    Row(
        "GET /api/v1/public-predictions/{prediction_id}/",
        but={"private owner": 404, "private admin": 404},
        why="nobody is known here",
    ),
    Row(
        "GET /api/v1/public-predictions/{prediction_id}/result/",
        done=409,
        but={"private owner": 404, "private admin": 404},
        why="nobody is known here; it has no results",
    ),
    Row(
        "POST /api/v1/feedback/",
        feedback,
        row=True,
        but={"public stranger": 201, "private stranger": 400},
        why="who sees a prediction may say something of it; for others the body names what is not there",
    ),
    Row("PUT /api/v1/feedback/{feedback_id}/", feedback),
]

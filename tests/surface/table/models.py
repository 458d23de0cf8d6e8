"""Categories, base models, local models."""

from uuid import uuid4

from tests.surface.expected import Row
from tests.surface.rows import Rows

CATEGORY = {"label": "Roofs", "description": ""}
BASE = {"model_id": Rows.base_model}
NO_ITEM = "the model is not in the catalogue"
WORDS = {"title": "Roofs"}


def new_category(rows: Rows) -> dict:
    return {**CATEGORY, "slug": uuid4().hex}


ROWS = [
    Row("POST /api/v1/categories/", new_category),
    Row("GET /api/v1/base-models/{model_id}/", names=BASE),
    Row(
        "POST /api/v1/base-models/",
        {"stac_item": {"properties": {"mlm:name": "x"}}},
        done=400,
        why="not a STAC item",
    ),
    Row("PATCH /api/v1/base-models/{model_id}/pin/", {}, names=BASE),
    Row("PATCH /api/v1/base-models/{model_id}/metadata/", WORDS, names=BASE, done=400, why=NO_ITEM),
    Row(
        "PATCH /api/v1/base-models/{model_id}/stac/",
        {"properties": {"x:y": 1}},
        names=BASE,
        done=400,
        why=NO_ITEM,
    ),
    Row("PATCH /api/v1/local-models/{model_id}/metadata/", WORDS, done=400, why=NO_ITEM),
    Row("PATCH /api/v1/local-models/{model_id}/stac/", {"properties": {"x:y": 1}}, done=400, why=NO_ITEM),
    Row(
        "GET /api/v1/local-models/{model_id}/runs/",
        done=503,
        why="versions are the pipeline server's, and there is none here",
    ),
    Row("POST /api/v1/local-models/", {"base_model_stac_id": "nobody", "title": "x"}, done=404, why="no such base"),
    Row("PATCH /api/v1/local-models/{model_id}/card/", WORDS),
]

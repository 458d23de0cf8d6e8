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
    Row("anon GET /api/v1/categories/"),
    Row("anon GET /api/v1/categories/{slug}/"),
    Row("admin POST /api/v1/categories/", new_category),
    Row("admin PUT /api/v1/categories/{slug}/", CATEGORY),
    Row("admin PATCH /api/v1/categories/{slug}/", CATEGORY),
    Row("admin DELETE /api/v1/categories/{slug}/"),
    Row("anon GET /api/v1/base-models/"),
    Row("anon GET /api/v1/base-models/{model_id}/", names=BASE),
    Row(
        "admin POST /api/v1/base-models/",
        {"stac_item": {"properties": {"mlm:name": "x"}}},
        done=400,
        why="not a STAC item",
    ),
    Row("admin PATCH /api/v1/base-models/{model_id}/pin/", {}, names=BASE),
    Row("admin PATCH /api/v1/base-models/{model_id}/metadata/", WORDS, names=BASE, done=400, why=NO_ITEM),
    Row(
        "admin PATCH /api/v1/base-models/{model_id}/stac/",
        {"properties": {"x:y": 1}},
        names=BASE,
        done=400,
        why=NO_ITEM,
    ),
    Row("anon GET /api/v1/pinned-models/"),
    Row("public-read GET /api/v1/local-models/"),
    Row("public-read GET /api/v1/local-models/{model_id}/"),
    Row("owner POST /api/v1/local-models/{model_id}/publish/"),
    Row("owner POST /api/v1/local-models/{model_id}/unpublish/"),
    Row("admin PATCH /api/v1/local-models/{model_id}/pin/", {}),
    Row("owner PATCH /api/v1/local-models/{model_id}/metadata/", WORDS, done=400, why=NO_ITEM),
    Row("admin PATCH /api/v1/local-models/{model_id}/stac/", {"properties": {"x:y": 1}}, done=400, why=NO_ITEM),
    Row(
        "public-read GET /api/v1/local-models/{model_id}/runs/",
        done=503,
        why="versions are the pipeline server's, and there is none here",
    ),
    Row(
        "auth POST /api/v1/local-models/", {"base_model_stac_id": "nobody", "title": "x"}, done=404, why="no such base"
    ),
    Row("owner PATCH /api/v1/local-models/{model_id}/card/", WORDS),
    Row("owner POST /api/v1/local-models/{model_id}/archive/"),
    Row("owner POST /api/v1/local-models/{model_id}/unarchive/"),
]

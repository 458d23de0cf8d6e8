"""Areas and datasets."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, POLYGON, Rows

AOI = {"type": "Feature", "geometry": POLYGON, "properties": {}}
DATASET = {"title": "roofs", "source_imagery": IMAGERY, "category": "buildings"}
DRAFT = {"description": "x", "zoom": 19, "label_tasks": ["semantic-segmentation"], "keywords": ["building"],
         "label_classes": [{"name": "building", "classes": ["*"]}], "geometry_type": "polygon"}  # fmt: skip


def build(rows: Rows) -> dict:
    return {**DATASET, **DRAFT, "aoi_ids": [rows.aoi()]}


ROWS = [
    Row("auth POST /api/v1/aois/", AOI),
    Row("auth GET /api/v1/aois/{aoi_id}/"),
    Row("auth GET /api/v1/aois/"),
    Row("owner PUT /api/v1/aois/{aoi_id}/", AOI),
    Row("owner PATCH /api/v1/aois/{aoi_id}/", {"type": "Feature", "properties": {}}),
    Row("owner DELETE /api/v1/aois/{aoi_id}/"),
    Row("auth GET /api/v1/aois/gpx/{aoi_id}/"),
    Row("public-read GET /api/v1/datasets/centroid/"),
    Row("public-read GET /api/v1/datasets/{dataset_id}/labels/"),
    Row("public-read GET /api/v1/datasets/{dataset_id}/aois/"),
    Row("public-read GET /api/v1/datasets/"),
    Row("public-read GET /api/v1/datasets/{dataset_id}/"),
    Row(
        "auth POST /api/v1/datasets/build/",
        build,
        row=True,
        but={"stranger": 404, "admin": 404},
        why="a dataset is built from the caller's own areas only",
    ),
    Row("owner POST /api/v1/datasets/{dataset_id}/build/", DRAFT, done=400, why="a draft without areas"),
    Row("owner POST /api/v1/datasets/{dataset_id}/rebuild/", done=409, why="only what failed is built again"),
    Row("owner POST /api/v1/datasets/{dataset_id}/cancel/", done=409, why="no build is under way"),
    Row("auth POST /api/v1/datasets/", DATASET),
    Row("owner PUT /api/v1/datasets/{dataset_id}/", DATASET),
    Row("owner PATCH /api/v1/datasets/{dataset_id}/", {"title": "barns"}),
    Row("owner DELETE /api/v1/datasets/{dataset_id}/"),
    Row("owner POST /api/v1/datasets/{dataset_id}/publish/"),
    Row("owner POST /api/v1/datasets/{dataset_id}/unpublish/"),
    Row("admin PATCH /api/v1/datasets/{dataset_id}/pin/", {}, done=409, why="a draft is not in the catalogue"),
]

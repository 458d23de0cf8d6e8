"""Areas and datasets."""

from tests.surface.expected import Row
from tests.surface.rows import IMAGERY, Rows

DATASET = {"title": "roofs", "source_imagery": IMAGERY, "category": "buildings"}
DRAFT = {"description": "x", "zoom": 19, "label_tasks": ["semantic-segmentation"], "keywords": ["building"],
         "label_classes": [{"name": "building", "classes": ["*"]}], "geometry_type": "polygon"}  # fmt: skip


def build(rows: Rows) -> dict:
    return {**DATASET, **DRAFT, "aoi_ids": [rows.aoi()]}


ROWS = [
    Row(
        "POST /api/v1/datasets/build/",
        build,
        row=True,
        but={"stranger": 404, "admin": 404},
        why="a dataset is built from the caller's own areas only",
    ),
    Row("POST /api/v1/datasets/{dataset_id}/build/", DRAFT, done=400, why="a draft without areas"),
    Row("POST /api/v1/datasets/{dataset_id}/rebuild/", done=409, why="only what failed is built again"),
    Row("POST /api/v1/datasets/{dataset_id}/cancel/", done=409, why="no build is under way"),
    Row("PATCH /api/v1/datasets/{dataset_id}/pin/", {}, done=409, why="a draft is not in the catalogue"),
]

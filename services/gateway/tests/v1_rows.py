"""Rows as owners answer them, for the tests of the v1 routes."""

from typing import Any

NOW = "2026-10-01T08:00:00Z"
USER = {"osm_id": 7, "username": "mapper"}
TEMPLATE = "https://img.example/t/{z}/{x}/{y}.png"
RING = [[85.51, 27.62], [85.52, 27.62], [85.52, 27.63], [85.51, 27.63], [85.51, 27.62]]
SQUARE = {"type": "Polygon", "coordinates": [RING]}


def dataset(**changes: Any) -> dict[str, Any]:
    return {
        "id": 5, "stac_id": "hilltop-0a1b2c", "title": "Hilltop", "source_imagery": TEMPLATE, "category": "buildings",
        "status": "draft", "visibility": "private", "user": USER, "zoom": None, "chip_count": None,
        "offset": [0.0, 0.0], "models_count": 2,        "created_at": NOW, "last_modified": NOW, **changes,
    }  # fmt: skip


def area() -> dict[str, Any]:
    properties = {"id": 12, "dataset": 5, "area": 1.0, "user": USER, "created_at": NOW, "last_modified": NOW}
    return {"type": "Feature", "geometry": SQUARE, "bbox": [85.51, 27.62, 85.52, 27.63], "properties": properties}


def model(**changes: Any) -> dict[str, Any]:
    return {
        "id": 4, "name": "hilltop-roofs", "title": "Hilltop roofs", "description": "d", "dataset": 5,
        "base_model": 1, "base_model_name": "ramp", "stac_item_id": "", "status": "active", "visibility": "private",
        "published_training": None, "user": USER, "created_at": NOW, "last_modified": NOW, **changes,
    }  # fmt: skip


def card(**changes: Any) -> dict[str, Any]:
    return {
        "id": 4, "name": "hilltop-roofs", "title": "Hilltop roofs", "description": "d", "dataset": 5,
        "base_model_stac_id": "ramp-v1", "user": USER, "created_at": NOW, **changes,
    }  # fmt: skip


def training(**changes: Any) -> dict[str, Any]:
    return {
        "id": 9, "zenml_run_id": "r-1", "local_model": 4, "base_model_stac_id": "ramp-v1", "dataset": 5,
        "overrides": {"epochs": 5, "batch_size": 4}, "title": "", "keywords": [], "description": "first",
        "status": "completed", "error": "", "metrics": {"accuracy": 0.91}, "started_at": NOW, "ended_at": NOW,
        "user": USER, "submitted_at": NOW, **changes,
    }  # fmt: skip


def prediction(**changes: Any) -> dict[str, Any]:
    return {
        "id": 31, "zenml_run_id": None, "local_model_stac_id": "roofs-v1", "image_uri": TEMPLATE, "geometry": SQUARE,
        "zoom": 19, "params": {"confidence_threshold": 0.4}, "visibility": "private", "description": "p",
        "status": "initializing", "results_ready": False, "assets": None, "error": "", "mapswipe_project_id": None,
        "user": USER, "submitted_at": NOW, **changes,
    }  # fmt: skip


def rows(*results: Any) -> dict[str, Any]:
    return {"count": len(results), "results": list(results)}

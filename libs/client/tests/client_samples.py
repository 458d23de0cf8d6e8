"""Rows as the API shows them."""

from typing import Any

NOW = "2026-10-01T08:00:00Z"
USER = {"osm_id": 7, "username": "mapper"}


def dataset(**changes: Any) -> dict[str, Any]:
    return {"id": 5, "stac_id": "hill-1", "title": "Hill", "status": "built", "visibility": "private", "user": USER,
            "created_at": NOW, "tomorrow": 1, **changes}  # fmt: skip


def training(**changes: Any) -> dict[str, Any]:
    return {"id": 9, "zenml_run_id": "r-1", "local_model": 4, "status": "completed", "error": "", "metrics": None,
            "submitted_at": NOW, **changes}  # fmt: skip


def prediction(**changes: Any) -> dict[str, Any]:
    return {"id": 31, "zenml_run_id": None, "local_model_stac_id": "m", "status": "completed", "results_ready": True,
            "submitted_at": NOW, **changes}  # fmt: skip


def base_model(**changes: Any) -> dict[str, Any]:
    return {"id": 3, "name": "unet", "status": "active", "stac_item_id": "base-1", "error": "", **changes}


def aoi(number: int, **properties: Any) -> dict[str, Any]:
    polygon = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    return {"type": "Feature", "geometry": polygon, "properties": {"id": number, **properties}}


def stream(*events: tuple[str, str]) -> bytes:
    return "".join(f"id: {n}\nevent: {name}\ndata: {data}\n\n" for n, (name, data) in enumerate(events, 1)).encode()

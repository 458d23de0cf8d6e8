"""Dashboards: whoever knows the id of one may read and change it, so none that exists is named here."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.surface.expected import Row
from tests.surface.rows import Rows

NOWHERE = "00000000-0000-4000-8000-000000000000"
NAMES: Mapping[str, Callable[[Rows], Any]] = {
    "dashboard_id": lambda _: NOWHERE, "number": lambda _: 1, "link_id": lambda _: "none",
    "snapshot_id": lambda _: "none", "token": lambda _: "none",
}  # fmt: skip
DASHBOARD, MAINTENANCE = "/api/v1/dashboard/{dashboard_id}", "/api/v1/maintenance/dashboard/{dashboard_id}"
DTO = {"dashboard": {"widgets": []}}


def unknown(route: str, **more: Any) -> Row:
    return Row(route, **{"names": NAMES, "done": 404, "row": False, "why": "no dashboard has this id", **more})


ROWS = [
    Row("POST /api/v1/dashboard/", body=DTO),
    unknown(f"GET {DASHBOARD}"),
    unknown(f"PATCH {DASHBOARD}", body=DTO),
    unknown(f"DELETE {DASHBOARD}"),
    unknown(f"GET {MAINTENANCE}"),
    *[unknown(f"{method} {MAINTENANCE}/{flag}") for method in ("POST", "DELETE") for flag in ("whitelist", "protect")],
    *[
        unknown(f"GET {DASHBOARD}/{name}")
        for name in ("versions", "versions/{number}", "details", "variables", "resolved", "picture")
    ],
    *[unknown(f"GET {DASHBOARD}/{name}") for name in ("permissions", "links")],
    unknown(f"POST {DASHBOARD}/versions/{{number}}/restore"),
    unknown(f"POST {DASHBOARD}/undelete"),
    unknown(f"PATCH {DASHBOARD}/details", body={"title": "Losses"}),
    unknown(f"PUT {DASHBOARD}/permissions", body={"everyone": "view"}),
    unknown(f"POST {DASHBOARD}/links", body={"note": "mail"}),
    unknown(f"PATCH {DASHBOARD}/links/{{link_id}}", body={"paused": True}),
    unknown(f"DELETE {DASHBOARD}/links/{{link_id}}"),
    unknown("GET /api/v1/linked-dashboards/{token}"),
    unknown(f"POST {DASHBOARD}/snapshots", body={"begin_time": 1, "end_time": 2}),
    unknown("GET /api/v1/shared-snapshots/{token}"),
    unknown("GET /api/v1/shared-snapshots/{token}/picture"),
    unknown("DELETE /api/v1/dashboard-snapshots/{snapshot_id}"),
    Row("POST /api/v1/dashboard/validate", body=DTO),
    Row("POST /api/v1/dashboard/previews", body=DTO),
    Row("POST /api/v1/maintenance/dashboards/import", body=[{"_id": "surface", "dashboard": DTO}]),
]

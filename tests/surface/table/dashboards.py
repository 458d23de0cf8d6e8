"""Dashboards: whoever knows the id of one may read and change it, so none that exists is named here."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.surface.expected import Row
from tests.surface.rows import Rows

NOWHERE = "00000000-0000-4000-8000-000000000000"
NAMES: Mapping[str, Callable[[Rows], Any]] = {"dashboard_id": lambda _: NOWHERE}
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
    Row("POST /api/v1/maintenance/dashboards/import", body=[{"_id": "surface", "dashboard": DTO}]),
]

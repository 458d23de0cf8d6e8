"""Stored dashboards: read, written, checked, compared with files, and moved between stores. Methods raise ApiError and
Unreachable."""

import difflib
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fairway.rows import Page, Row
from fairway.transport import Transport

LONG_TIMEOUT = 90.0


class DashboardDetails(Row):
    """What is known of a dashboard beside its content."""

    id: str
    title: str
    tags: list[str]
    owner: str
    permission: str
    version: int
    size_bytes: int
    updated_at: Any
    provisioned: bool


class DashboardVersion(Row):
    """A content that a dashboard has or had."""

    version: int
    created_at: Any
    author: str
    message: str
    size_bytes: int
    restored_from: int | None


class Dashboards:
    """A content is `{"dashboard": {"widgets": [...]}}`, without an id."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def page(self, **filters: Any) -> Page[DashboardDetails]:
        """`search`, `tag`, `mine`, `limit` and `offset` filter."""
        return Page[DashboardDetails].model_validate(self.transport.get("/dashboards", **filters))

    def get(self, dashboard_id: str, version: int | None = None) -> dict[str, Any]:
        """Returns the content, or that of a former version."""
        path = _path(dashboard_id) if version is None else f"{_path(dashboard_id)}/versions/{version}"
        return content_of(self.transport.get(path))

    def create(self, content: dict[str, Any], ttl: int | None = None) -> str:
        """Stores a content and returns its id; with `ttl`, a number of seconds, as a preview."""
        if ttl is None:
            return self.transport.write("POST", "/dashboard/", content)["id"]
        return self.transport.write("POST", "/dashboard/previews", content, params={"ttl": ttl})["id"]

    def replace(self, dashboard_id: str, content: dict[str, Any], message: str = "", etag: str | None = None) -> None:
        """With `etag`, raises ApiError (412) when somebody else has written since."""
        headers = {"If-Match": etag} if etag else {}
        self.transport.write("PATCH", _path(dashboard_id), content, headers, params={"message": message})

    def set_details(self, dashboard_id: str, **details: Any) -> DashboardDetails:
        """Sets `title`, `tags` and `listed`."""
        body = self.transport.write("PATCH", f"{_path(dashboard_id)}/details", details)
        return DashboardDetails.model_validate(body)

    def delete(self, dashboard_id: str) -> None:
        self.transport.write("DELETE", _path(dashboard_id))

    def undelete(self, dashboard_id: str) -> None:
        self.transport.write("POST", f"{_path(dashboard_id)}/undelete")

    def check(self, content: dict[str, Any]) -> dict[str, Any]:
        """Returns `valid`, sizes, and all errors with JSON pointers."""
        return self.transport.write("POST", "/dashboard/validate", content)

    def picture(
        self, dashboard_id: str, begin: datetime, end: datetime, kind: str = "png",
        values: dict[str, str] | None = None, width: int = 1000,
    ) -> bytes:  # fmt: skip
        """Returns the panels as a file of the kind `png` or `svg`. `values` replace placeholders."""
        given = {f"var-{name}": value for name, value in (values or {}).items()}
        times = {"begin_time": int(begin.timestamp() * 1000), "end_time": int(end.timestamp() * 1000)}
        return self.transport.get_bytes(f"{_path(dashboard_id)}/picture", format=kind, width=width, **times, **given)

    def versions(self, dashboard_id: str) -> list[DashboardVersion]:
        """Returns the versions, newest first."""
        return [DashboardVersion.model_validate(one) for one in self.transport.get(f"{_path(dashboard_id)}/versions")]

    def restore(self, dashboard_id: str, version: int) -> None:
        """Makes a version the newest one."""
        self.transport.write("POST", f"{_path(dashboard_id)}/versions/{version}/restore")

    def link(self, dashboard_id: str, note: str = "", expires_at: str | None = None) -> dict[str, Any]:
        """Makes a link and returns it with its token, which is shown once."""
        body = {"note": note, "expires_at": expires_at}
        return self.transport.write("POST", f"{_path(dashboard_id)}/links", body)

    def links(self, dashboard_id: str) -> list[dict[str, Any]]:
        return self.transport.get(f"{_path(dashboard_id)}/links")

    def delete_link(self, dashboard_id: str, link_id: str) -> None:
        self.transport.write("DELETE", f"{_path(dashboard_id)}/links/{link_id}")

    def variables(self, dashboard_id: str) -> list[dict[str, Any]]:
        """Returns placeholders with the values that channels offer."""
        return self.transport.get(f"{_path(dashboard_id)}/variables")

    def export_all(self, everything: bool = False) -> list[dict[str, Any]]:
        """Returns the records of whitelisted dashboards, or of all. For operators."""
        return self.transport.get("/maintenance/dashboards/export", all=str(everything).lower())

    def import_all(self, records: list[Any]) -> dict[str, int]:
        """Stores all records or none, and returns how many were `inserted` and `updated`. For operators."""
        return self.transport.write("POST", "/maintenance/dashboards/import", records, timeout=LONG_TIMEOUT)


def content_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Returns a stored dashboard as it is sent back."""
    return {name: value for name, value in stored.items() if name != "id"}


def read_file(path: Path) -> dict[str, Any]:
    """Returns the content of a file: of a stored dashboard, or of one for provisioning. Raises ValueError."""
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError(f"{path} is no JSON object")
    return {name: one for name, one in value.items() if name not in ("id", "title", "tags")}


def difference(stored: dict[str, Any], wanted: dict[str, Any], name: str) -> list[str]:
    """Returns the lines of a unified diff, whatever the order of members is; empty for equal contents."""
    before, after = (json.dumps(one, indent=2, sort_keys=True, ensure_ascii=False) for one in (stored, wanted))
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "stored", name, lineterm="")
    return list(lines)


def _path(dashboard_id: str) -> str:
    return f"/dashboard/{quote(dashboard_id, safe='')}"

"""Stored dashboards. Their content, the DTO `{"dashboard": {...}}`, travels as compact JSON text, so that it is stored
and returned as it was sent, and its size is counted on the very text.

Answers with `text` have its first part; `GetDashboardText` gives the rest.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from contracts.base import Command, Contract, Event, Query
from contracts.shared import Page

MAX_TEXT = 1_500_000
"""Characters of content in one answer: at most 6 MB, whatever they are."""
DEADLINE, IMPORT_DEADLINE = 4.4, 40.0
"""Seconds in which a command is decided; it is refused later."""
MAX_VERSIONS = 20
Level = Literal["none", "view", "edit", "admin"]
"""What somebody may do with a dashboard."""
DashboardId = Annotated[str, Field(max_length=256, examples=["2a6f1e0c-7d1b-4f0e-9a53-0b6c3f0f8f11"])]
_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
CONTENT = '{"dashboard":{"widgets":[]}}'
Content = Annotated[str, Field(examples=[CONTENT])]
IfMatch = Annotated[str | None, Field(examples=['"1-5d41402abc4b"'])]
"""As in the header of HTTP: the dashboard must be at one of these tags; None for any."""
Remark = Annotated[str, Field(max_length=500, examples=["Loss on a log axis."])]
Number = Annotated[int, Field(ge=1, examples=[2])]


class DashboardHead(Contract):
    """What is known of a dashboard beside its content. `etag` names this content; `characters` is its length as text,
    `size_bytes` as UTF-8."""

    id: str
    etag: str
    version: int
    characters: int
    size_bytes: int


class DashboardText(DashboardHead):
    text: str


class WriteResult(Contract):
    """`size_bytes` and `etag` of what was written."""

    id: str
    etag: str
    version: int
    size_bytes: int


class CreateDashboard(Command, wire="notify.v1.create_dashboard"):
    """Returns `WriteResult`. The sender chooses the id, a random UUID. `expires_at` is the end of a preview.

    Refused: `schema` and `size`; `quota` when the owner has no more room."""

    expires = DEADLINE
    dashboard_id: DashboardId
    content: Content
    expires_at: datetime | None = None


class ReplaceDashboard(Command, wire="notify.v1.replace_dashboard"):
    """Returns `WriteResult`. Refused: `protected`, `schema`, `size`, `dashboard_not_found`, `stale`, in this order."""

    expires = DEADLINE
    dashboard_id: DashboardId
    content: Content
    if_match: IfMatch = None
    message: Remark = ""


class DeleteDashboard(Command, wire="notify.v1.delete_dashboard"):
    """Moves it to the trash and returns its `DashboardHead`. Refused: `protected`, `dashboard_not_found`, `stale`."""

    expires = DEADLINE
    dashboard_id: DashboardId
    if_match: IfMatch = None


class RestoreDashboard(Command, wire="notify.v1.restore_dashboard"):
    """Takes it out of the trash and returns its `DashboardHead`. Owners may do so, and administrators."""

    expires = DEADLINE
    dashboard_id: DashboardId


class RestoreVersion(Command, wire="notify.v1.restore_version"):
    """Makes the content of a former version the newest one and returns `WriteResult`."""

    expires = DEADLINE
    dashboard_id: DashboardId
    number: Number
    if_match: IfMatch = None


class CheckDashboard(Command, wire="notify.v1.check_dashboard"):
    """Stores nothing and returns `CheckResult`. A command, because those may be large."""

    expires = DEADLINE
    content: Content


class SchemaError(Contract):
    """`pointer` is a JSON pointer, empty for the whole."""

    pointer: str
    message: str


class CheckResult(Contract):
    valid: bool
    size_bytes: int
    max_bytes: int
    errors: list[SchemaError] = []
    error_count: int = 0


class SetFlags(Command, wire="notify.v1.set_dashboard_flags"):
    """For administrators. None leaves a flag as it is."""

    expires = DEADLINE
    dashboard_id: DashboardId
    whitelisted: bool | None = None
    protected: bool | None = None


class ImportDashboards(Command, wire="notify.v1.import_dashboards"):
    """All or nothing, for administrators; returns `ImportResult`. Each record is JSON text, in extended form.

    Refused: `record` (422, names the position), `size`."""

    expires = IMPORT_DEADLINE
    records: list[str] = Field(examples=[['{"_id":"a","dashboard":{"dashboard":{"widgets":[]}}}']])


class ImportResult(Contract):
    inserted: int
    updated: int


class GetDashboard(Query, wire="notify.v1.get_dashboard"):
    """Returns `DashboardText` and counts as an access."""

    dashboard_id: DashboardId


class GetDashboardText(Query, wire="notify.v1.get_dashboard_text"):
    """Returns `DashboardText` of one content from a character on, which is no access: the current one, that of a former
    version, or of a dashboard in the trash."""

    dashboard_id: DashboardId
    etag: str = Field(max_length=100, examples=['"1-5d41402abc4b"'])
    start: int = Field(default=0, ge=0)


class GetVersion(Query, wire="notify.v1.get_dashboard_version"):
    """Returns `DashboardText` of one version; no access."""

    dashboard_id: DashboardId
    number: Number


class GetDashboardRecord(Query, wire="notify.v1.get_dashboard_record"):
    """Returns `DashboardRecord`, for administrators; no access."""

    dashboard_id: DashboardId


class DashboardRecord(DashboardText):
    """All that is stored of a dashboard."""

    last_access: datetime
    whitelisted: bool
    protected: bool
    created_at: datetime
    updated_at: datetime
    owner_id: int | None
    owner: str
    title: str
    tags: list[str]
    provisioned: bool
    expires_at: datetime | None


class ExportDashboards(Query, wire="notify.v1.export_dashboards"):
    """Returns `ExportedDashboards`, by id in byte order, for administrators. `everything`: those that are not
    whitelisted as well."""

    everything: bool = False
    after: str | None = None


class ExportedDashboards(Contract):
    """Heads of records, and the text of all that fit into one answer: a record whose text is missing has to be asked
    for. Empty at the end."""

    records: list[dict[str, Any]]


class GetDashboardService(Query, wire="notify.v1.get_dashboard_service"):
    """Returns `DashboardService`."""


class DashboardService(Contract):
    """`schema_sha256` is None while dashboards are not checked against the schema."""

    schema_sha256: str | None


class DashboardVersion(Contract):
    """`message` and `author` of the write that made it; `restored_from` is the version whose content it took."""

    version: int
    size_bytes: int
    created_at: datetime
    author: str
    author_id: int | None
    message: str
    restored_from: int | None
    current: bool


class ListVersions(Query, wire="notify.v1.list_dashboard_versions"):
    """Returns a list of `DashboardVersion`, newest first."""

    dashboard_id: DashboardId


class ListTrash(Query, wire="notify.v1.list_dashboard_trash"):
    """Deleted and evicted dashboards that can be restored: the sender's own, for administrators all."""

    page: Page = Page()


class DashboardEvent(Event):
    """Imported dashboards may have ids that no topic can name; they are heard by services only."""

    dashboard_id: DashboardId

    def topics(self) -> tuple[str, ...]:
        return (f"dashboard:{self.dashboard_id}",) if self.aggregate() else ()

    def aggregate(self) -> str:
        return self.dashboard_id if _PLAIN.fullmatch(self.dashboard_id) else ""


class DashboardUpdated(DashboardEvent, wire="notify.v1.dashboard_updated"):
    action: Literal["replaced", "restored", "deleted", "provisioned", "permissions"] = Field(examples=["replaced"])
    etag: str = Field(examples=['"2-5d41402abc4b"'])
    version: Number
    user_id: int | None = Field(default=None, examples=[7])


class DashboardEvicted(DashboardEvent, wire="notify.v1.dashboard_evicted"):
    """`total` is the size of what is left, in bytes."""

    freed_bytes: int = Field(examples=[28230])
    total: int = Field(examples=[6442450944])

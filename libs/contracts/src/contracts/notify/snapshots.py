"""Snapshots of dashboards: frozen copies with the data of their curves, which whoever has the token may see."""

from datetime import datetime
from typing import Any

from pydantic import Field

from contracts.base import Command, Contract, Query
from contracts.notify.dashboard_sharing import LinkId, Name, Token
from contracts.notify.dashboards import DEADLINE, DashboardId
from contracts.notify.pictures import CurveData, Ms, Options, Value
from contracts.shared import Page

MAX_SNAPSHOTS, MAX_BINS, MAX_CONTENT = 200, 1_000, 6_000_000
"""Of one user; of a curve; bytes of one snapshot, so that it fits into one message."""


class SnapshotContent(Contract):
    """`dashboard` is the DTO with values in the place of placeholders."""

    title: str
    dashboard: dict[str, Any]
    data: CurveData


class GetDashboardData(Query, wire="notify.v1.get_dashboard_data"):
    """Returns `SnapshotContent` of what the sender sees between two times. Refused beyond MAX_CONTENT bytes."""

    dashboard_id: DashboardId
    begin_ms: Ms
    end_ms: Ms = Field(examples=[1_767_229_200_000])
    num_bins: int = Field(default=500, ge=1, le=MAX_BINS)
    values: dict[Name, Value] = Field(default={}, max_length=50)


class Snapshot(Contract):
    """`token` and `delete_key` are shown once, when the snapshot is made."""

    id: str
    dashboard_id: str
    title: str
    owner: str
    size_bytes: int
    created_at: datetime
    expires_at: datetime
    token: str | None = None
    delete_key: str | None = None


class CreateSnapshot(Command, wire="notify.v1.create_dashboard_snapshot"):
    """Returns `Snapshot`. `content` is `SnapshotContent` as JSON. The sender chooses id, token and key, and sends the
    SHA-256 of both secrets as hex."""

    expires = DEADLINE
    snapshot_id: LinkId
    dashboard_id: DashboardId
    token_sha256: Token
    delete_key_sha256: Token
    title: str = Field(max_length=200, examples=["Losses of run 7"])
    content: str = Field(max_length=MAX_CONTENT, examples=['{"title":"","dashboard":{},"data":{}}'])
    expires_at: datetime = Field(examples=["2026-06-01T12:00:00Z"])


class ListSnapshots(Query, wire="notify.v1.list_dashboard_snapshots"):
    """Returns rows of `Snapshot`, newest first: the sender's own; for administrators all."""

    page: Page = Page()


class GetSnapshot(Query, wire="notify.v1.get_dashboard_snapshot"):
    """Returns `SnapshotText` to whoever has the token."""

    token_sha256: Token


class SnapshotText(Contract):
    """`content` is `SnapshotContent` as JSON."""

    snapshot: Snapshot
    content: str


class DrawSnapshot(Query, wire="notify.v1.draw_dashboard_snapshot"):
    """Returns `Picture` to whoever has the token."""

    token_sha256: Token
    options: Options = Options()


class DeleteSnapshot(Command, wire="notify.v1.delete_dashboard_snapshot"):
    """For its owner and administrators, and for whoever has the key."""

    expires = DEADLINE
    snapshot_id: LinkId
    delete_key_sha256: Token | None = None

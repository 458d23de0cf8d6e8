"""What lies beside stored dashboards: titles and tags, who may do what, links, and variables."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from contracts.base import Command, Contract, Query
from contracts.notify.dashboards import DEADLINE, DashboardId, DashboardText, Level
from contracts.shared import Page

Tag = Annotated[str, Field(min_length=1, max_length=60)]
Title = Annotated[str, Field(max_length=200, examples=["Losses of all runs"])]
Tags = Annotated[list[Tag], Field(max_length=20, examples=[["training"]])]
LinkId = Annotated[str, Field(max_length=64, examples=["f3d1c7a2b9e0"])]
Token = Annotated[str, Field(max_length=128, examples=["0b6f0c9a4d7e4b43a1f2c3d4e5f60718"])]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,59}$")]
MAX_PERMISSIONS, MAX_LINKS, MAX_VALUES = 200, 100, 200


class DashboardDetails(Contract):
    """`permission` is what the sender may do, `everyone` what those may do who know the id only. `listed` dashboards
    are in everybody's list."""

    id: str
    title: str
    tags: list[str]
    listed: bool
    everyone: Level
    permission: Level
    owner_id: int | None
    owner: str
    author: str
    version: int
    etag: str
    size_bytes: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None
    whitelisted: bool
    protected: bool
    provisioned: bool


class ListDashboards(Query, wire="notify.v1.list_dashboards"):
    """Returns rows of `DashboardDetails`, last written first: the sender's own, those that the sender was given, and
    listed ones; for administrators all. `page.search` finds parts of titles, ids and owners."""

    page: Page = Page()
    tag: Tag | None = None
    mine: bool = False


class GetDetails(Query, wire="notify.v1.get_dashboard_details"):
    """Returns `DashboardDetails`; no access."""

    dashboard_id: DashboardId


class ChangeDetails(Command, wire="notify.v1.change_dashboard_details"):
    """Returns `DashboardDetails`. None leaves a member as it is."""

    expires = DEADLINE
    dashboard_id: DashboardId
    title: Title | None = None
    tags: Tags | None = None
    listed: bool | None = None


class Permission(Contract):
    user_id: int = Field(examples=[7])
    level: Level = Field(examples=["edit"])


class Permissions(Contract):
    everyone: Level
    users: list[Permission]


class GetPermissions(Query, wire="notify.v1.get_dashboard_permissions"):
    """Returns `Permissions`, to who may change them."""

    dashboard_id: DashboardId


class SetPermissions(Command, wire="notify.v1.set_dashboard_permissions"):
    """Replaces all of them and returns `Permissions`."""

    expires = DEADLINE
    dashboard_id: DashboardId
    everyone: Level = Field(examples=["view"])
    users: list[Permission] = Field(default=[], max_length=MAX_PERMISSIONS)


class DashboardLink(Contract):
    """`token` is shown once, when the link is made."""

    id: str
    note: str
    created_at: datetime
    expires_at: datetime | None
    paused: bool
    token: str | None = None


class CreateLink(Command, wire="notify.v1.create_dashboard_link"):
    """Returns `DashboardLink`. The sender chooses the id and the token, and sends the SHA-256 of the token as hex."""

    expires = DEADLINE
    dashboard_id: DashboardId
    link_id: LinkId
    token_sha256: Token
    note: str = Field(default="", max_length=200)
    expires_at: datetime | None = None


class ChangeLink(Command, wire="notify.v1.change_dashboard_link"):
    """Pauses a link, or lets it work again; returns `DashboardLink`."""

    expires = DEADLINE
    dashboard_id: DashboardId
    link_id: LinkId
    paused: bool = Field(examples=[True])


class DeleteLink(Command, wire="notify.v1.delete_dashboard_link"):
    expires = DEADLINE
    dashboard_id: DashboardId
    link_id: LinkId


class ListLinks(Query, wire="notify.v1.list_dashboard_links"):
    """Returns a list of `DashboardLink`, newest first."""

    dashboard_id: DashboardId


class GetLinked(Query, wire="notify.v1.get_linked_dashboard"):
    """Returns `DashboardText` to whoever has the token; counts as an access."""

    token_sha256: Token
    start: int = Field(default=0, ge=0)


class DashboardVariable(Contract):
    """A placeholder such as `${run}` in names of channels. `values` are offered: parts of names of channels."""

    name: str
    patterns: list[str]
    values: list[str]
    truncated: bool = False


class ListVariables(Query, wire="notify.v1.list_dashboard_variables"):
    """Returns a list of `DashboardVariable`, by name."""

    dashboard_id: DashboardId


class ResolveDashboard(Query, wire="notify.v1.resolve_dashboard"):
    """Returns `ResolvedDashboard`: the content with values in the place of placeholders. Placeholders without a value
    stay. Counts as an access."""

    dashboard_id: DashboardId
    values: dict[Name, Annotated[str, Field(max_length=512)]] = Field(default={}, max_length=50)
    start: int = Field(default=0, ge=0)


class ResolvedDashboard(DashboardText):
    """`unresolved` are the names of placeholders that stay."""

    unresolved: list[str]

from datetime import datetime

from sqlalchemy import ARRAY, CheckConstraint, Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base

SCHEMA = "dashboards"
BYTE_ORDER = Text(collation="C")
ALIVE = text("deleted_at is null")


class DashboardRow(Base):
    """`body` is the DTO as compact JSON; `size_bytes` is its length. `history_bytes` is the sum of its versions.
    `deleted_at` is set in the trash, where `deletion` says why. `everyone` is what those may do who are no owner; an
    unknown owner is None. `provisioned` is the file that the dashboard comes from."""

    __tablename__ = "dashboard"
    __table_args__ = (
        CheckConstraint("length(id) between 1 and 128", name="id"),
        Index("ix_dashboard_last_access", "last_access", "id", postgresql_where=ALIVE),
        Index("ix_dashboard_deleted_at", "deleted_at", postgresql_where=text("deleted_at is not null")),
        Index("ix_dashboard_expires_at", "expires_at", postgresql_where=text("expires_at is not null")),
        Index("ix_dashboard_owner_id", "owner_id", postgresql_where=text("owner_id is not null")),
        {"schema": SCHEMA},
    )

    id: Mapped[str] = mapped_column(BYTE_ORDER, primary_key=True)
    body: Mapped[str]
    size_bytes: Mapped[int]
    history_bytes: Mapped[int] = mapped_column(server_default="0")
    version: Mapped[int] = mapped_column(server_default="1")
    etag: Mapped[str]
    last_access: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    whitelisted: Mapped[bool] = mapped_column(server_default=text("false"))
    protected: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    author_id: Mapped[int | None]
    author: Mapped[str] = mapped_column(server_default="")
    message: Mapped[str] = mapped_column(server_default="")
    restored_from: Mapped[int | None]
    owner_id: Mapped[int | None]
    owner: Mapped[str] = mapped_column(server_default="")
    title: Mapped[str] = mapped_column(server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    listed: Mapped[bool] = mapped_column(server_default=text("false"))
    everyone: Mapped[str] = mapped_column(server_default="edit")
    provisioned: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    deletion: Mapped[str] = mapped_column(server_default="")


class VersionRow(Base):
    """A former content of a dashboard."""

    __tablename__ = "version"
    __table_args__ = (Index("ix_version_created_at", "created_at"), {"schema": SCHEMA})

    dashboard_id: Mapped[str] = mapped_column(BYTE_ORDER, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    size_bytes: Mapped[int]
    etag: Mapped[str]
    created_at: Mapped[datetime]
    author_id: Mapped[int | None]
    author: Mapped[str]
    message: Mapped[str]
    restored_from: Mapped[int | None]


class PermissionRow(Base):
    """What one user may do with a dashboard, beyond what everyone may."""

    __tablename__ = "permission"
    __table_args__ = (Index("ix_permission_user_id", "user_id"), {"schema": SCHEMA})

    dashboard_id: Mapped[str] = mapped_column(BYTE_ORDER, primary_key=True)
    user_id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str]


class LinkRow(Base):
    """A link that shows a dashboard to whoever has its token, of which the SHA-256 is stored."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_dashboard_id", "dashboard_id"), {"schema": SCHEMA})

    id: Mapped[str] = mapped_column(primary_key=True)
    dashboard_id: Mapped[str] = mapped_column(BYTE_ORDER)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(server_default="")
    created_by: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
    paused: Mapped[bool] = mapped_column(server_default=text("false"))

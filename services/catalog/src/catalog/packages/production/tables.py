"""Locks of packages, and results by request."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.packages.submissions.tables import SCHEMA
from catalog.shared.tables import Base


class PackageLockRow(Base):
    """`token` grows with each new owner: a write with an older one is refused."""

    __tablename__ = "package_locks"
    __table_args__ = {"schema": SCHEMA}

    key: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[UUID]
    token: Mapped[int] = mapped_column(server_default="1")
    expires_at: Mapped[datetime]


class PackageResultRow(Base):
    """The staged files of one request, for equal requests by other names or users. `files`: the made parts, as
    `extracts.processors.MadeFile` has them."""

    __tablename__ = "package_results"
    __table_args__ = (
        Index("ix_package_results_used_at", "used_at"),
        Index("ix_package_results_outline_sha256", "outline_sha256", "processor"),
        {"schema": SCHEMA},
    )

    request_key: Mapped[str] = mapped_column(primary_key=True)
    processor: Mapped[str]
    outline_sha256: Mapped[str]
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    place: Mapped[str]
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    bytes: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    used_at: Mapped[datetime] = mapped_column(server_default=func.now())

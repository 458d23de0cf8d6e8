from datetime import datetime

from sqlalchemy import Index, func
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class SnapshotRow(Base):
    """`body` is its JSON, compressed with zstd. Of token and key the SHA-256 is stored."""

    __tablename__ = "snapshot"
    __table_args__ = (
        Index("ix_snapshot_owner_id", "owner_id"),
        Index("ix_snapshot_expires_at", "expires_at"),
        {"schema": "dashboards"},
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    token_sha256: Mapped[str] = mapped_column(unique=True)
    delete_key_sha256: Mapped[str] = mapped_column(unique=True)
    dashboard_id: Mapped[str]
    owner_id: Mapped[int]
    owner: Mapped[str]
    title: Mapped[str]
    body: Mapped[bytes]
    size_bytes: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]

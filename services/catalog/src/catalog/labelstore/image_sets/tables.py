from datetime import datetime
from typing import Any

from sqlalchemy import Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class ImageSetRow(Base):
    __tablename__ = "image_sets"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    title: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="created")
    details: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB(none_as_null=True))
    blobstorage_path: Mapped[str] = mapped_column(unique=True)
    date_created: Mapped[datetime] = mapped_column(server_default=func.now())
    date_finished: Mapped[datetime | None]
    created_by: Mapped[str]
    ingest_state: Mapped[str] = mapped_column(server_default="none")
    ingest_run: Mapped[int] = mapped_column(server_default="0")
    """Number of the newest ingest; a job with another number is outdated."""
    files_total: Mapped[int] = mapped_column(server_default="0")
    files_registered: Mapped[int] = mapped_column(server_default="0")
    files_unreadable: Mapped[int] = mapped_column(server_default="0")
    ingest_error: Mapped[str | None]
    ingest_updated_at: Mapped[datetime | None]
    ingest_outcome: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    delivery: Mapped[int] = mapped_column(server_default="0")
    beat_at: Mapped[datetime | None]
    """Last heartbeat of the running ingest."""


Index("uq_image_sets_title", func.lower(ImageSetRow.title), unique=True)

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from catalog.labelstore.schema import SCHEMA
from catalog.shared.tables import Base


class LabelImportRow(Base):
    """`images_done` is how far the stored batches reach: a repeated job goes on there."""

    __tablename__ = "imports"
    __table_args__ = ({"schema": SCHEMA},)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.campaigns.id"), index=True)
    options: Mapped[dict[str, Any]] = mapped_column(JSONB)
    uri: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="waiting")
    run: Mapped[int] = mapped_column(server_default="0")
    images_done: Mapped[int] = mapped_column(server_default="0")
    images_total: Mapped[int | None]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    delivery: Mapped[int] = mapped_column(server_default="0")
    beat_at: Mapped[datetime | None]
    """Last heartbeat of the running import."""

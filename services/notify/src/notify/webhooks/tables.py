from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base

QUEUED = text("state = 'queued'")


class WebhookRow(Base):
    """`secret` is encrypted (`notify.webhooks.secret_box`). `verified_at` is when this `url` answered its challenge.
    `failures` counts those in a row, `quiet_until` is when the next attempt may be."""

    __tablename__ = "webhooks"
    __table_args__ = (Index("ix_webhooks_user", "user_id", text("id DESC")),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    username: Mapped[str]
    url: Mapped[str]
    description: Mapped[str]
    active: Mapped[bool]
    verified_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(server_default="")
    secret: Mapped[str]
    secret_made_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_modified: Mapped[datetime]
    last_status: Mapped[str | None]
    last_attempt_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    failing_since: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]


class DeliveryRow(Base):
    """One message for one address. `due_at` is when the loop gives it to a worker again, `claimed_until` keeps two
    workers from sending it at the same time."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("notification_id", "webhook_id"),
        Index("ix_webhook_deliveries_webhook", "webhook_id", text("id DESC")),
        Index("ix_webhook_deliveries_due", "due_at", postgresql_where=QUEUED),
        Index("ix_webhook_deliveries_queued", "webhook_id", "id", postgresql_where=QUEUED),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    message_id: Mapped[UUID]
    event_type: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    attempts: Mapped[int] = mapped_column(server_default="0")
    released: Mapped[int] = mapped_column(server_default="0")
    """Attempts that our own network let nobody make, and that count as none."""
    response_code: Mapped[int | None]
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    last_attempt_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from kit.db import new_metadata


class Base(DeclarativeBase):
    metadata = new_metadata()
    type_annotation_map = {datetime: DateTime(timezone=True), int: BigInteger, str: Text}


class NotificationRow(Base):
    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user", "user_id", text("created_at DESC"), text("id DESC")),
        Index("ix_notifications_unread", "user_id", postgresql_where=text("NOT is_read")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    user_id: Mapped[int]
    message: Mapped[str]
    about: Mapped[str]
    about_id: Mapped[str]
    slug: Mapped[str]
    model: Mapped[int | None]
    is_read: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class MailRow(Base):
    """One mail: `queued`, `sent` or `failed`. Of the kind `verification` neither address nor text are kept, they are
    asked for when it is sent. `due_at` is when the loop gives it to a worker again, `claimed_until` keeps two workers
    from sending it at the same time."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("notification_id"),
        Index("ix_mails_due", "due_at", postgresql_where=text("state = 'queued'")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    kind: Mapped[str] = mapped_column(server_default="notification")
    notification_id: Mapped[int | None] = mapped_column(ForeignKey("notifications.id", ondelete="CASCADE"))
    user_id: Mapped[int | None]
    address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="queued")
    error: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]


class KnownUser(Base):
    """A copy fed by `gateway.v1.user_changed`: where to write to, and how the user wants to hear."""

    __tablename__ = "known_users"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    username: Mapped[str]
    email: Mapped[str]
    delivery_methods: Mapped[list[str]] = mapped_column(ARRAY(Text))
    as_of: Mapped[datetime]

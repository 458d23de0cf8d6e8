from datetime import datetime

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


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

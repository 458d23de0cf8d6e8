from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from notify.tables import Base


class MailRow(Base):
    """One mail: `queued`, `sent`, `failed`, or `withheld` by a rule of ours. `user_id` is who gets it or, of mails
    about an account, who caused it. Of the kind `verification` neither address nor text are kept, they are asked for
    when it is sent. `due_at` is when the loop gives it to a worker again, `claimed_until` keeps two workers
    from sending it at the same time."""

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("notification_id"),
        Index("ix_mails_due", "due_at", postgresql_where=text("state = 'queued'")),
        Index("ix_mails_user", "user_id", "kind", "created_at"),
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
    released: Mapped[int] = mapped_column(server_default="0")
    """Attempts that met an outage, and count as none."""
    created_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

"""Notifications, mails, users; inbox and outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from kit.db.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_messaging_tables()
    op.create_table(
        "known_users",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("delivery_methods", ARRAY(sa.Text), nullable=False),
        sa.Column("as_of", TIME, nullable=False),
    )
    _notifications()
    _mails()


def _notifications() -> None:
    op.create_table(
        "notifications",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("message", "about", "about_id", "slug")),
        sa.Column("is_read", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("read_at", TIME),
    )
    newest = ["user_id", sa.text("created_at DESC"), sa.text("id DESC")]
    op.create_index("ix_notifications_user", "notifications", newest)
    op.create_index("ix_notifications_unread", "notifications", ["user_id"], postgresql_where=sa.text("NOT is_read"))


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column(
            "notification_id", sa.BigInteger, sa.ForeignKey("notifications.id", ondelete="CASCADE"), nullable=False
        ),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("address", "subject", "body")),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.UniqueConstraint("notification_id", name="uq_mails_notification_id"),
    )


def downgrade() -> None:
    for table in ("mails", "notifications", "known_users", "outbox", "inbox"):
        op.drop_table(table)

"""Addresses that hear what their owner hears, what was sent to them, and what a notification is about."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
TIME, QUEUED = sa.DateTime(timezone=True), sa.text("state = 'queued'")


def upgrade() -> None:
    op.add_column("notifications", sa.Column("model", sa.BigInteger))
    _webhooks()
    _deliveries()


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_column("notifications", "model")


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("secret", sa.Text, nullable=False),
        *[sa.Column(name, TIME, nullable=False) for name in ("secret_made_at", "created_at", "last_modified")],
        sa.Column("last_status", sa.Text),
        sa.Column("last_attempt_at", TIME),
        sa.Column("failures", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("failing_since", TIME),
        sa.Column("quiet_until", TIME),
    )
    op.create_index("ix_webhooks_user", "webhooks", ["user_id", sa.text("id DESC")])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("webhook_id", sa.BigInteger, sa.ForeignKey("webhooks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("notification_id", sa.BigInteger, sa.ForeignKey("notifications.id", ondelete="CASCADE")),
        sa.Column("message_id", sa.Uuid, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="queued"),
        sa.Column("attempts", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("response_code", sa.BigInteger),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        *[sa.Column(name, TIME, nullable=False) for name in ("created_at", "due_at")],
        *[sa.Column(name, TIME) for name in ("claimed_until", "last_attempt_at", "delivered_at")],
        sa.UniqueConstraint("notification_id", "webhook_id", name="uq_webhook_deliveries_notification_id"),
    )
    table = "webhook_deliveries"
    op.create_index("ix_webhook_deliveries_webhook", table, ["webhook_id", sa.text("id DESC")])
    op.create_index("ix_webhook_deliveries_due", table, ["due_at"], postgresql_where=QUEUED)
    op.create_index("ix_webhook_deliveries_queued", table, ["webhook_id", "id"], postgresql_where=QUEUED)
    op.create_index("ix_webhook_deliveries_created_at", table, ["created_at"])

"""Mails about an account, which belong to no notification."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("kind", sa.Text, nullable=False, server_default="notification"))
    op.add_column("mails", sa.Column("user_id", sa.BigInteger))
    op.alter_column("mails", "notification_id", nullable=True)


def downgrade() -> None:
    op.execute("delete from mails where notification_id is null")
    op.alter_column("mails", "notification_id", nullable=False)
    op.drop_column("mails", "user_id")
    op.drop_column("mails", "kind")

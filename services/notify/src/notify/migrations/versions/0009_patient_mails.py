"""Mails that are tried again, for a day. What waits already is due at once; rows are also made by the former release
while it is replaced."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("mails", sa.Column("attempts", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("mails", sa.Column("due_at", TIME, nullable=False, server_default=sa.func.now()))
    op.add_column("mails", sa.Column("claimed_until", TIME))
    op.create_index("ix_mails_due", "mails", ["due_at"], postgresql_where=sa.text("state = 'queued'"))


def downgrade() -> None:
    for column in ("claimed_until", "due_at", "attempts"):
        op.drop_column("mails", column)

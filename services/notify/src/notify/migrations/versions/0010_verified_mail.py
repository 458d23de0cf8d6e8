"""Mail goes to proven addresses only. Who has one is asked of the gateway at once; mails that wait get their user and a
subject without anybody's words."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
WAITING = """
update mails m set user_id = n.user_id, subject = 'fAIr notification'
from notifications n where n.id = m.notification_id and m.state = 'queued'"""


def upgrade() -> None:
    op.add_column("known_users", sa.Column("email_verified", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_mails_user", "mails", ["user_id", "kind", "created_at"])
    op.execute(WAITING)
    op.execute("update kpi set healed_at = to_timestamp(0) where healed_at is not null")


def downgrade() -> None:
    op.drop_index("ix_mails_user", "mails")
    op.drop_column("known_users", "email_verified")

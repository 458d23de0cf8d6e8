"""What pages want to find again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
NEWEST = [sa.text("timestamp DESC"), sa.text("id DESC")]


def upgrade() -> None:
    op.create_table(
        "user_states",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_user_states_user", "user_states", ["user_id", *NEWEST])
    op.create_index("ix_user_states_newest", "user_states", NEWEST)


def downgrade() -> None:
    op.drop_table("user_states")

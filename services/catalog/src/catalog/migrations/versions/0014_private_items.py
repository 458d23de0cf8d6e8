"""STAC items of what is private."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "private_items",
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("item", postgresql.JSONB, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("private_items")

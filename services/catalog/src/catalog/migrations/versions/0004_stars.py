"""Stars, and their number on the rows that lists show."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
STARRED = ("datasets", "base_models", "local_models")


def upgrade() -> None:
    op.create_table(
        "stars",
        sa.Column("target_id", sa.Text, primary_key=True),
        sa.Column("voter", sa.Text, primary_key=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
    )
    op.create_index("ix_stars_voter", "stars", ["voter", "target_id"])
    op.create_table(
        "star_counts",
        sa.Column("target_id", sa.Text, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    for table in STARRED:
        op.add_column(table, sa.Column("star_count", sa.BigInteger, nullable=False, server_default="0"))
        op.create_index(f"ix_{table}_star_count", table, ["star_count"])


def downgrade() -> None:
    for table in STARRED:
        op.drop_column(table, "star_count")
    op.drop_table("star_counts")
    op.drop_table("stars")

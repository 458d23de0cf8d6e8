"""What runs have cost, by user and month."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
SUMS = {
    "cpu_seconds": sa.Double, "gpu_seconds": sa.Double, "peak_memory": sa.BigInteger, "stored_bytes": sa.BigInteger,
}  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "run_usage",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("month", sa.Date, nullable=False),
        sa.Column("row_id", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        *(sa.Column(name, kind, nullable=False, server_default="0") for name, kind in SUMS.items()),
    )
    op.create_index("ix_run_usage_user_month", "run_usage", ["user_id", "month"])


def downgrade() -> None:
    op.drop_table("run_usage")

"""Predictions that a crowd checks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mapswipe_pushes",
        sa.Column("prediction_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("state", "reason", "client_id", "asset_client_id")),
        sa.Column("wishes", JSONB, nullable=False),
        sa.Column("project_id", sa.Text, index=True),
        sa.Column("asset_id", sa.Text),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in ("requested_at", "updated_at")),
        sa.ForeignKeyConstraint(["prediction_id"], ["predictions.id"], ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("mapswipe_pushes")

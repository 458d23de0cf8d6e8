"""Feedback on predicted features."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("geom", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.Column("stac_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("comments", sa.Text, nullable=False),
        sa.Column("config", JSONB, nullable=False),
        sa.Column("prediction_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("action in ('accept', 'reject')", name="known_action"),
    )
    op.create_index("ix_feedback_geom", "feedback", ["geom"], postgresql_using="gist")
    newest_first = [sa.text("created_at desc"), sa.text("id desc")]
    op.create_index("ix_feedback_created_at", "feedback", newest_first)
    for column in ("stac_id", "action", "user_id", "prediction_id"):
        op.create_index(f"ix_feedback_{column}", "feedback", [column, *newest_first])


def downgrade() -> None:
    op.drop_table("feedback")

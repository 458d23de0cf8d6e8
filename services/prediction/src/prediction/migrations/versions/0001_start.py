"""Predictions; copies of users and models; inbox and outbox."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)
OPEN = "status not in ('failed', 'stopped', 'retried') and not results_ready"


def upgrade() -> None:
    create_messaging_tables()
    op.create_table(
        "known_users",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
    )
    op.create_table(
        "known_models",
        sa.Column("stac_item_id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("model_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
    )
    op.create_table(
        "predictions",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("model_stac_id", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("image_uri", sa.Text, nullable=False),
        sa.Column("geom", Geometry("GEOMETRY", 4326, spatial_index=False), nullable=False),
        sa.Column("zoom", sa.BigInteger, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("remove_osm", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.Column("first_attempt", sa.BigInteger, nullable=False),
        sa.Column("graceful", sa.Boolean, nullable=False),
        sa.Column("tile_count", sa.BigInteger),
        sa.Column("feature_count", sa.BigInteger),
        sa.Column("has_pmtiles", sa.Boolean, nullable=False),
        sa.Column("results_ready", sa.Boolean, nullable=False),
        sa.Column("mapswipe_project_id", sa.Text),
        sa.Column("submitted_at", TIME, nullable=False),
        sa.Column("last_polled_at", TIME),
        sa.Column("started_at", TIME),
        sa.Column("touched_at", TIME, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.CheckConstraint("status = 'completed' or not results_ready", name="ready_only_when_completed"),
    )
    op.create_index("ix_predictions_geom", "predictions", ["geom"], postgresql_using="gist")
    op.create_index("ix_predictions_run_id", "predictions", ["run_id"], unique=True)
    for column in ("submitted_at", "last_polled_at"):
        newest_first = [sa.text(f"{column} desc nulls last"), sa.text("id desc")]
        op.create_index(f"ix_predictions_{column}", "predictions", newest_first)
    for column in ("user_id", "visibility", "model_stac_id", "status"):
        newest_first = [sa.text(column), sa.text("submitted_at desc nulls last"), sa.text("id desc")]
        op.create_index(f"ix_predictions_{column}", "predictions", newest_first)
    op.create_index("ix_predictions_open", "predictions", ["due_at"], postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    for table in ("predictions", "known_models", "known_users", "outbox", "inbox"):
        op.drop_table(table)

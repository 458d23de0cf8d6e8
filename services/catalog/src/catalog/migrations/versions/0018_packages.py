"""Boundaries, and workers of packages, in a schema of their own."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None
SCHEMA = "packages"


def upgrade() -> None:
    op.execute(f"create schema {SCHEMA}")
    op.create_table(
        "boundaries",
        sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
        sa.Column("name", sa.String(collation="C"), nullable=False),
        sa.Column("name_long", sa.String(collation="C"), nullable=False),
        sa.Column("admin_level", sa.String, nullable=False),
        sa.Column("geometry", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False),
        schema=SCHEMA,
    )
    for name in ("id", "name", "name_long", "admin_level"):
        unique = name.startswith("name")
        op.create_index(f"ix_boundaries_{name}", "boundaries", [name], unique=unique, schema=SCHEMA)
    op.create_index("idx_boundaries_geometry", "boundaries", ["geometry"], schema=SCHEMA, postgresql_using="gist")
    op.create_table(
        "worker_heartbeats",
        sa.Column("worker", sa.Text, primary_key=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
    )


def downgrade() -> None:
    op.execute(f"drop schema {SCHEMA} cascade")

"""AOIs, categories, users; inbox and outbox."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

from kit.db.migrations import create_messaging_tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    create_messaging_tables()
    op.create_table(
        "known_users",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
    )
    op.create_table(
        "aois",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
        sa.Column("area", sa.Float, nullable=False),
        sa.Column("dataset_id", sa.BigInteger),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("last_modified", TIME, nullable=False),
    )
    op.create_index("idx_aois_geom", "aois", ["geom"], postgresql_using="gist")
    op.create_index("ix_aois_dataset_id", "aois", ["dataset_id"])
    op.create_index("ix_aois_user_id", "aois", ["user_id"])
    categories = op.create_table(
        "categories",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("slug", sa.Text, nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("last_modified", TIME, server_default=sa.func.now(), nullable=False),
    )
    seeds = ["buildings", "solar-panels", "trees", "roads", "other"]
    op.bulk_insert(
        categories, [{"slug": s, "label": s.replace("-", " ").capitalize(), "description": ""} for s in seeds]
    )


def downgrade() -> None:
    for table in ("categories", "aois", "known_users", "outbox", "inbox"):
        op.drop_table(table)

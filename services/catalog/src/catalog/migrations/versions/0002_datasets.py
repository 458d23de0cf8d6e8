"""Datasets, and which trainings use them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("stac_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("source_imagery", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("request", JSONB),
        sa.Column("build", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("delivery", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("beat_at", TIME),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("chip_count", sa.BigInteger),
        sa.Column("feature_count", sa.BigInteger),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("last_modified", TIME, server_default=sa.func.now(), nullable=False),
        sa.UniqueConstraint("stac_id", name="uq_datasets_stac_id"),
        sa.ForeignKeyConstraint(["category"], ["categories.slug"], name="fk_datasets_category_categories"),
        sa.CheckConstraint("status in ('draft', 'building', 'built', 'failed')", name="ck_datasets_status"),
        sa.CheckConstraint("visibility in ('private', 'public')", name="ck_datasets_visibility"),
    )
    for column in ("title", "category", "status", "visibility", "user_id", "created_at", "last_modified"):
        op.create_index(f"ix_datasets_{column}", "datasets", [column])
    op.create_table(
        "dataset_uses",
        sa.Column("training_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stac_id", sa.Text, nullable=False),
        sa.Column("as_of", TIME, nullable=False),
    )
    op.create_index("ix_dataset_uses_stac_id", "dataset_uses", ["stac_id"])
    op.create_foreign_key("fk_aois_dataset_id_datasets", "aois", "datasets", ["dataset_id"], ["id"], ondelete="CASCADE")


def downgrade() -> None:
    op.drop_constraint("fk_aois_dataset_id_datasets", "aois")
    op.drop_table("dataset_uses")
    op.drop_table("datasets")

"""Base and local models, the runs of local models, changes of STAC on their way to events."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table("stac_changes", sa.Column("id", sa.Uuid, primary_key=True))
    op.create_table(
        "base_models",
        *_registered(),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("item", JSONB, nullable=False),
        sa.Column("generation", sa.BigInteger, nullable=False, server_default="1"),
        sa.Column("stac_version", sa.BigInteger),
        sa.CheckConstraint("status in ('registering', 'active', 'failed', 'archived')", name="ck_base_models_status"),
        sa.CheckConstraint("visibility in ('private', 'public')", name="ck_base_models_visibility"),
        sa.UniqueConstraint("name", name="uq_base_models_name"),
        sa.ForeignKeyConstraint(["category"], ["categories.slug"], name="fk_base_models_category_categories"),
    )
    op.create_table(
        "local_models",
        *_registered(),
        sa.Column("base_model_id", sa.BigInteger, nullable=False, index=True),
        sa.CheckConstraint("status in ('active', 'archived')", name="ck_local_models_status"),
        sa.CheckConstraint("visibility in ('private', 'public')", name="ck_local_models_visibility"),
        sa.UniqueConstraint("name", name="uq_local_models_name"),
        sa.ForeignKeyConstraint(["category"], ["categories.slug"], name="fk_local_models_category_categories"),
        sa.ForeignKeyConstraint(
            ["base_model_id"], ["base_models.id"], name="fk_local_models_base_model_id_base_models"
        ),
    )
    for table in ("base_models", "local_models"):
        for column in (
            "stac_item_id",
            "category",
            "status",
            "visibility",
            "is_pinned",
            "user_id",
            "created_at",
            "last_modified",
        ):
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_table(
        "model_runs",
        sa.Column("training_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("local_model_id", sa.BigInteger, nullable=False, index=True),
        sa.Column("as_of", TIME, nullable=False),
    )


def _registered() -> list[sa.Column]:
    return [
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("stac_item_id", sa.Text, nullable=False, server_default=""),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("visibility", sa.Text, nullable=False),
        sa.Column("is_pinned", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("username", sa.Text, nullable=False, server_default=""),
        sa.Column("facts", JSONB),
        sa.Column("created_at", TIME, server_default=sa.func.now(), nullable=False),
        sa.Column("last_modified", TIME, server_default=sa.func.now(), nullable=False),
    ]


def downgrade() -> None:
    for table in ("model_runs", "local_models", "base_models", "stac_changes"):
        op.drop_table(table)

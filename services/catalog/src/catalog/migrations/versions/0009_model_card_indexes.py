"""Indexes for the filter and the search that came with model cards."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_local_models_dataset", "local_models", ["dataset"])
    if op.get_bind().exec_driver_sql("select 1 from pg_extension where extname = 'pg_trgm'").first():
        op.execute("create index ix_local_models_title_trgm on local_models using gin (lower(title) gin_trgm_ops)")


def downgrade() -> None:
    op.execute("drop index if exists ix_local_models_title_trgm")
    op.drop_index("ix_local_models_dataset", "local_models")

"""Local models that were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("gone_models", sa.Column("local_model_id", sa.BigInteger(), primary_key=True, autoincrement=False))


def downgrade() -> None:
    op.drop_table("gone_models")

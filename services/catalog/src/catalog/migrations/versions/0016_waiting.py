"""Builds and registrations tell what they wait for; registrations give signs of life."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("waiting", JSONB))
    op.add_column("base_models", sa.Column("waiting", JSONB))
    op.add_column("base_models", sa.Column("beat_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("datasets", "waiting")
    op.drop_column("base_models", "waiting")
    op.drop_column("base_models", "beat_at")

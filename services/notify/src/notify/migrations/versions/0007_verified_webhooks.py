"""When an address answered its challenge. Those that are there already were made before there was one, and count as
verified."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("verified_at", sa.DateTime(timezone=True)))
    op.execute("update webhooks set verified_at = now()")


def downgrade() -> None:
    op.drop_column("webhooks", "verified_at")

"""What became of everything that a build wanted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("datasets", sa.Column("outcome", JSONB))


def downgrade() -> None:
    op.drop_column("datasets", "outcome")

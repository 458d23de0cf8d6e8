"""What became of tiles and features; a token of its own for the results of each prediction."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
TOKEN = sa.text("replace(gen_random_uuid()::text, '-', '')")


def upgrade() -> None:
    op.add_column("predictions", sa.Column("outcome", JSONB))
    op.add_column("predictions", sa.Column("results_token", sa.Text, nullable=False, server_default=TOKEN))


def downgrade() -> None:
    op.drop_column("predictions", "results_token")
    op.drop_column("predictions", "outcome")

"""What owners say of their models, from before the first training."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("username", "title", "description"):
        op.add_column("model_names", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("model_names", sa.Column("dataset", sa.BigInteger))


def downgrade() -> None:
    for name in ("dataset", "description", "title", "username"):
        op.drop_column("model_names", name)

"""Models before their first training, and which training the active version comes from."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("title", "description"):
        op.add_column("local_models", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in ("dataset", "published_training"):
        op.add_column("local_models", sa.Column(name, sa.BigInteger))
    op.add_column("local_models", sa.Column("card_as_of", sa.DateTime(timezone=True)))


def downgrade() -> None:
    for name in ("card_as_of", "published_training", "dataset", "description", "title"):
        op.drop_column("local_models", name)

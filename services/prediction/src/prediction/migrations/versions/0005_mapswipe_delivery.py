"""Pushes to Mapswipe are fenced by delivery; a cover's client id is made when it is sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mapswipe_pushes", sa.Column("delivery", sa.BigInteger, nullable=False, server_default="0"))
    op.alter_column("mapswipe_pushes", "delivery", server_default=None)
    op.drop_column("mapswipe_pushes", "asset_client_id")


def downgrade() -> None:
    op.add_column("mapswipe_pushes", sa.Column("asset_client_id", sa.Text, nullable=False, server_default=""))
    op.drop_column("mapswipe_pushes", "delivery")

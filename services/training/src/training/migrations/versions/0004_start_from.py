"""Trainings that go on from a published model."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("start_from", "weights_uri"):
        op.add_column("trainings", sa.Column(name, sa.Text))


def downgrade() -> None:
    for name in ("weights_uri", "start_from"):
        op.drop_column("trainings", name)

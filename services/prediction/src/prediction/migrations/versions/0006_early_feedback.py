"""What the first generation says with its feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
COLUMNS = {"feedback_type": sa.Text, "zoom_level": sa.BigInteger, "source_imagery": sa.Text}


def upgrade() -> None:
    for name, kind in COLUMNS.items():
        op.add_column("feedback", sa.Column(name, kind))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("feedback", name)

"""How the name of a model was spelled, so that another name with the same identifier gets one of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("model_names", sa.Column("spelling", sa.Text))


def downgrade() -> None:
    op.drop_column("model_names", "spelling")

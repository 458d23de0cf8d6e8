"""Changes of models are kept of which nothing else is known yet."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("known_models", "facts", nullable=True)


def downgrade() -> None:
    op.execute("delete from known_models where facts is null")
    op.alter_column("known_models", "facts", nullable=False)

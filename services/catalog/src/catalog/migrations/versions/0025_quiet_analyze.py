"""Statistics of the shapes of areas come from a tenth of the rows (docs/decisions/0121)."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table aois alter column geom set statistics 10")


def downgrade() -> None:
    op.execute("alter table aois alter column geom set statistics -1")

"""Every pipeline run that a training ever had."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training_runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column(
            "training_id", sa.BigInteger, sa.ForeignKey("trainings.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("attempt", sa.BigInteger, nullable=False),
    )
    op.execute(
        "insert into training_runs select zenml_run_id, id, attempt from trainings where zenml_run_id is not null"
    )


def downgrade() -> None:
    op.drop_table("training_runs")

"""Every pipeline run that a prediction ever had."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prediction_runs",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column(
            "prediction_id",
            sa.BigInteger,
            sa.ForeignKey("predictions.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("attempt", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["prediction_id"], ["predictions.id"], ondelete="CASCADE"),
    )
    op.execute("insert into prediction_runs select run_id, id, attempt from predictions where run_id is not null")


def downgrade() -> None:
    op.drop_table("prediction_runs")

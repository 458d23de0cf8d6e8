"""Builds wait in a queue that users share."""

from alembic import op

from kit.jobs.tables import create_queue_table

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
upgrade = create_queue_table


def downgrade() -> None:
    op.drop_table("queued_jobs")

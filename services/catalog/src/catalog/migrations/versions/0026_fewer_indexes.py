"""Inbox, outbox and areas without the indexes that no statement needs (docs/decisions/0146). Areas without a dataset
are counted in the index of their datasets."""

from alembic import op

from kit.db.migrations import create_messaging_indexes, drop_messaging_indexes

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    drop_messaging_indexes()
    op.execute("drop index ix_aois_loose")


def downgrade() -> None:
    op.execute("create index ix_aois_loose on aois (id) where dataset_id is null")
    create_messaging_indexes()

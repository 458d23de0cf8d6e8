"""Inbox and outbox without the indexes that no statement needs (docs/decisions/0146)."""

from kit.db.migrations import create_messaging_indexes, drop_messaging_indexes

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
upgrade = drop_messaging_indexes
downgrade = create_messaging_indexes

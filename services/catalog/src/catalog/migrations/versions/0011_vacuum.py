"""Inbox and outbox are vacuumed often enough for what is pruned from them."""

from kit.db.migrations import lower_messaging_vacuum_thresholds, reset_messaging_vacuum_thresholds

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
upgrade = lower_messaging_vacuum_thresholds
downgrade = reset_messaging_vacuum_thresholds

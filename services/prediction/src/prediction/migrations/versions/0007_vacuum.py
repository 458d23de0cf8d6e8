"""Inbox and outbox are vacuumed often enough for what is pruned from them."""

from kit.db.migrations import lower_messaging_vacuum_thresholds, reset_messaging_vacuum_thresholds

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
upgrade = lower_messaging_vacuum_thresholds
downgrade = reset_messaging_vacuum_thresholds

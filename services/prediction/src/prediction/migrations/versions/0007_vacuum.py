"""Inbox and outbox are vacuumed often enough for what is pruned from them."""

from kit.migrations import vacuum_messaging_tables_as_others, vacuum_messaging_tables_early

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
upgrade = vacuum_messaging_tables_early
downgrade = vacuum_messaging_tables_as_others

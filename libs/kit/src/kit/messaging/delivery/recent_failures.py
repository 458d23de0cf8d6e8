"""Remembers why messages failed that will be delivered again."""

from uuid import UUID

MAX_ENTRIES = 1_000


class RecentFailures(dict[UUID, str]):
    """Message id → reason, of this process. Holds the last `MAX_ENTRIES`, because some messages come again to another
    process."""

    def __setitem__(self, message_id: UUID, reason: str) -> None:
        super().__setitem__(message_id, reason)
        while len(self) > MAX_ENTRIES:
            del self[next(iter(self))]

    def past(self, message_id: UUID) -> str:
        """Returns the reason as the end of another one and forgets it; empty when there is none."""
        reason = self.pop(message_id, "")
        return f" (before: {reason})" if reason else ""

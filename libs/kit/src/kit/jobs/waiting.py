"""The value of a column `waiting`: why a row in work waits (`contracts.shared.Waiting`)."""

from datetime import UTC, datetime
from typing import Any


def noted(before: dict[str, Any] | None, reason: str) -> dict[str, Any]:
    """Returns the new value of the column; a wait that continues keeps its `since`."""
    since = before["since"] if before else datetime.now(UTC).isoformat()
    return {"reason": reason, "since": since}

"""The four states of v1 runs, and the ids of their tasks."""

import re
from typing import Literal

from contracts.shared import RunStatus

TaskStatus = Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]
V1Status = Literal["SUBMITTED", "RUNNING", "FINISHED", "FAILED"]
STATES: dict[RunStatus, V1Status] = {
    "initializing": "SUBMITTED", "submitted": "SUBMITTED", "provisioning": "SUBMITTED",
    "running": "RUNNING", "retrying": "RUNNING", "stopping": "RUNNING",
    "completed": "FINISHED", "cached": "FINISHED",
    "failed": "FAILED", "retried": "FAILED", "stopped": "FAILED",
}  # fmt: skip
UNDER_WAY: list[RunStatus] = [status for status, v1_status in STATES.items() if v1_status in ("SUBMITTED", "RUNNING")]
TASK_STATES: dict[str, TaskStatus] = {
    "SUBMITTED": "PENDING",
    "RUNNING": "STARTED",
    "FINISHED": "SUCCESS",
    "FAILED": "FAILURE",
}
_TASK = re.compile(r"(training|prediction)-(\d{1,18})")


def current_statuses(v1_status: V1Status | None) -> list[RunStatus]:
    return [status for status, name in STATES.items() if name == v1_status]


def task_id(kind: Literal["training", "prediction"], row_id: int) -> str:
    return f"{kind}-{row_id}"


def task_of(text: str) -> tuple[str, int] | None:
    """Returns kind and row; None for a text that names no task."""
    found = _TASK.fullmatch(text)
    return (found[1], int(found[2])) if found else None

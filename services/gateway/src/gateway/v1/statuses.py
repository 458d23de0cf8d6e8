"""The four states of v1 runs, and how a run is named while it is watched."""

import re
from typing import Literal

from contracts.shared import RunStatus

TaskStatus = Literal["PENDING", "STARTED", "SUCCESS", "FAILURE"]
EarlyStatus = Literal["SUBMITTED", "RUNNING", "FINISHED", "FAILED"]
STATES: dict[RunStatus, EarlyStatus] = {
    "initializing": "SUBMITTED", "submitted": "SUBMITTED", "provisioning": "SUBMITTED",
    "running": "RUNNING", "retrying": "RUNNING", "stopping": "RUNNING",
    "completed": "FINISHED", "cached": "FINISHED",
    "failed": "FAILED", "retried": "FAILED", "stopped": "FAILED",
}  # fmt: skip
UNDER_WAY = [status for status, early in STATES.items() if early in ("SUBMITTED", "RUNNING")]
TASK_STATES: dict[str, TaskStatus] = {
    "SUBMITTED": "PENDING",
    "RUNNING": "STARTED",
    "FINISHED": "SUCCESS",
    "FAILED": "FAILURE",
}
_TASK = re.compile(r"(training|prediction)-(\d{1,18})")


def todays(early: EarlyStatus | None) -> list[RunStatus]:
    return [status for status, name in STATES.items() if name == early]


def task_id(kind: Literal["training", "prediction"], row_id: int) -> str:
    return f"{kind}-{row_id}"


def task_of(text: str) -> tuple[str, int] | None:
    """Kind and row; None for what names nothing."""
    found = _TASK.fullmatch(text)
    return (found[1], int(found[2])) if found else None

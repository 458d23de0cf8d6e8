"""States, percents and texts of jobs that make packages."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

Percent = tuple[str, int]
"""Status of a task, and the percent that it has reached."""
OPEN = frozenset({"PENDING", "RETRY", "EXECUTING"})
FOLLOWING = {
    "PENDING": frozenset({"EXECUTING", "RETRY", "FAILURE", "SKIPPED", "REVOKED"}),
    "RETRY": frozenset({"EXECUTING", "FAILURE", "SKIPPED", "REVOKED"}),
    "EXECUTING": frozenset({"RETRY", "SUCCESS", "FAILURE", "SKIPPED", "REVOKED"}),
}
AT_ONCE = 2
"""Tasks of a job that are worked at together, for estimates of time."""
NOT_ACCEPTED = "No jobs are currently being accepted."
DUPLICATES = "duplicate processors not allowed"
CANCELLED = "cancelled"
EXPIRED = "waited longer than {seconds:.0f} s"


def may_follow(before: str, after: str) -> bool:
    """Whether a task may go from one status to another; nothing follows a terminal one."""
    return after in FOLLOWING.get(before, ())


def group_percent(tasks: Sequence[Percent], complete: bool) -> int:
    """Returns the percent of a job: equal shares of its tasks, 100 if and only if it is complete.

    It never goes back while the percents of tasks do not and ended tasks stay so.
    """
    if complete:
        return 100
    shares = sum(100 if status not in OPEN else min(max(percent, 0), 100) for status, percent in tasks)
    return min(99, shares // len(tasks)) if tasks else 0


def remaining_seconds(tasks: Iterable[tuple[str, str, int]], past: Mapping[str, Sequence[float]]) -> float | None:
    """Returns the seconds that the open ones of `tasks` (processor, status, percent) may still take, from those of
    `past` runs of the same processors. None when one of them never ran before."""
    left = 0.0
    for processor, status, percent in tasks:
        if status in OPEN:
            if not past.get(processor):
                return None
            left += median(past[processor]) * (100 - percent) / 100
    return left / AT_ONCE


def boundary_unknown(name: str) -> str:
    return f"Requested boundary {name} could not be found"


def processor_unknown(name: str) -> str:
    return f"Invalid processor.version: {name}"


def skipped(package: str, processor: str, reason: str) -> dict[str, Any]:
    """`reason`: `exists` or `already executing`."""
    return {"skipped": f"{package}.{processor} {reason}"}


def failed(name: str, message: str) -> dict[str, Any]:
    return {"failed": f"{name} - {message}"}


def revoked(reason: str) -> dict[str, Any]:
    return {"revoked": reason}


def first_repeated(names: Iterable[str]) -> str | None:
    """Returns the first name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None

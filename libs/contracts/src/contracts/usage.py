"""What runs have cost, by user and month. Trainings and predictions have a ledger each."""

from typing import Annotated

from pydantic import Field

from contracts.base import Contract, Query

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
MAX_ENTRIES = 1000


class UsageEntry(Contract):
    """Sums of one user and month, or of one run and month. A run counts in the month in which its process began."""

    user_id: int
    month: Month
    run: int | None = None
    """Of an entry of one run."""
    runs: int
    cpu_seconds: float
    """Seconds of all processors, as the kernel counts them for all processes of the runs."""
    gpu_seconds: float
    """Seconds for which runs held an accelerator, for each one."""
    peak_memory: int
    """Bytes that one run held at most."""
    stored_bytes: int
    """Bytes that the runs have stored: models, or files of results."""


class UsageLimits(Contract):
    """What one user may use within a month; null is without a limit."""

    cpu_seconds: float | None = None
    gpu_seconds: float | None = None
    stored_bytes: int | None = None


class UsageReport(Contract):
    """The latest month first; at most 1,000 entries."""

    entries: list[UsageEntry]
    limits: UsageLimits


class UsageQuery(Query):
    """Of one user, or of `everyone`, which is for administrators. Refused: the usage of another user."""

    user_id: int | None = None
    """None is the caller."""
    everyone: bool = False
    month: Month | None = None
    """None is every month."""
    per_run: bool = False
    """An entry for each run instead of sums."""

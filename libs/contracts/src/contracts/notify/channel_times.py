"""Windows of curves: the rule that the door and the owner share."""

FIRST_MS, LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""The years 1 to 9999, in milliseconds since the epoch."""


class BadWindow(ValueError):
    """`str()` is a sentence for the caller."""


def check_times(begin_ms: int, end_ms: int) -> None:
    """Raises BadWindow for times that are 0, reversed, or no date; both are in milliseconds since the epoch."""
    if begin_ms == 0 or end_ms == 0:
        raise BadWindow("begin_time and end_time must not be 0; they are milliseconds since the epoch.")
    if begin_ms > end_ms:
        raise BadWindow("begin_time must not be after end_time.")
    if not (FIRST_MS <= begin_ms <= LAST_MS and FIRST_MS <= end_ms <= LAST_MS):
        raise BadWindow("begin_time and end_time must lie in the years 1 to 9999; they are milliseconds.")

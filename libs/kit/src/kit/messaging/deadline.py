"""How long the caller of a query still waits. Its limit travels in a header, and on with the queries that are asked
meanwhile."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from contracts import headers as h

MARGIN = 0.1
"""Seconds that a refusal needs on its way back, so that the caller gets the reason instead of a timeout."""
_end: ContextVar[float] = ContextVar("deadline", default=float("inf"))


@contextmanager
def deadline(end: float) -> Iterator[None]:
    """Sets the deadline of the block and of tasks started in it. `end` is a time of `time.monotonic`."""
    token = _end.set(end)
    try:
        yield
    finally:
        _end.reset(token)


def remaining(most: float) -> float:
    """Returns the seconds until the deadline, at most `most`; negative after it."""
    return min(most, _end.get() - time.monotonic())


def timeout_header(seconds: float) -> dict[str, str]:
    """Returns the header of a query whose caller waits `seconds`."""
    return {h.TIMEOUT: f"{max(seconds - MARGIN, seconds / 2):.3f}"}


def requested_timeout(headers: Mapping[str, str], most: float) -> float:
    """Returns the seconds that the caller of a query waits; `most` when the header is absent or not a number."""
    try:
        return min(most, float(headers[h.TIMEOUT]))
    except (KeyError, ValueError):
        return most

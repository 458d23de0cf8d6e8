"""What is kept of samples beside themselves: sums, extremes, the last one; and the bins they fall into."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import fsum, inf, isfinite

SECOND = 1_000_000_000
MINUTE, TEN_MINUTES, HOUR, DAY = LEVELS = (60, 600, 3_600, 86_400)
"""Widths of rollups in seconds; each is a multiple of the one before."""
SEALING_AGE = HOUR * SECOND
"""Nanoseconds after which samples are sealed."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Of `n` samples. `total`, `low` and `high` are of the finite ones; a sum beyond the range of a double is
    infinite. `last` is the number of the latest sample, whose time is `last_ts`."""

    n: int
    n_finite: int
    total: float
    low: float | None
    high: float | None
    last: float
    last_ts: int


def summary(numbers: Sequence[float], last_ts: int) -> Summary:
    """Returns what is kept of the samples of a chunk or bin, in the order of their times."""
    finite = [number for number in numbers if isfinite(number)]
    low, high = (min(finite), max(finite)) if finite else (None, None)
    return Summary(len(numbers), len(finite), total(finite), low, high, numbers[-1], last_ts)


def total(numbers: Iterable[float]) -> float:
    """Returns the exact sum, rounded once; infinity when a double cannot hold it."""
    try:
        return fsum(numbers)
    except (OverflowError, ValueError):
        return inf


def joined(parts: Sequence[Summary]) -> Summary:
    """Returns the summary of consecutive parts, of which there is at least one."""
    lows = [part.low for part in parts if part.low is not None]
    highs = [part.high for part in parts if part.high is not None]
    return Summary(
        sum(part.n for part in parts), sum(part.n_finite for part in parts), total(part.total for part in parts),
        min(lows, default=None), max(highs, default=None), parts[-1].last, parts[-1].last_ts,
    )  # fmt: skip


def by_minute(samples: Iterable[tuple[int, float]]) -> dict[int, Summary]:
    """Returns the minutes since the epoch that have samples. `samples` are times in nanoseconds, ascending, and
    numbers."""
    minutes = groupby(samples, key=lambda sample: sample[0] // (MINUTE * SECOND))
    return {minute: _of_group(list(group)) for minute, group in minutes}


def _of_group(group: list[tuple[int, float]]) -> Summary:
    return summary([number for _, number in group], group[-1][0])


def coarser(bins: dict[int, Summary], times: int) -> Iterator[tuple[int, Summary]]:
    """Yields bins that are `times` as wide as those given, which are in ascending order."""
    for number, group in groupby(bins.items(), key=lambda entry: entry[0] // times):
        yield number, joined([part for _, part in group])


def spans(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Returns the half-open spans of consecutive numbers; `numbers` are ascending and each there once."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number:
            found[-1] = (found[-1][0], number + 1)
        else:
            found.append((number, number + 1))
    return found

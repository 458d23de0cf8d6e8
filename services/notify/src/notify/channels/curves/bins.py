"""Bins that are being filled from several sources, which never overlap in time."""

from collections.abc import Iterable
from dataclasses import dataclass

from notify.channels.curves.domain import finite


@dataclass(slots=True)
class Bin:
    """`total`, `low` and `high` are of the finite samples. `last_ts` is the time of the latest sample."""

    n: int
    n_finite: int
    total: float
    low: float | None
    high: float | None
    last_ts: int

    def add(self, n: int, n_finite: int, total: float, low: float | None, high: float | None, last_ts: int) -> None:
        """Adds other samples of the bin."""
        self.n, self.n_finite, self.total = self.n + n, self.n_finite + n_finite, self.total + total
        if low is not None and high is not None:
            self.low = low if self.low is None or low < self.low else self.low
            self.high = high if self.high is None or high > self.high else self.high
        self.last_ts = max(self.last_ts, last_ts)

    @property
    def mean(self) -> float | None:
        """None without finite samples, and where their sum is beyond the range of a double."""
        total = finite(self.total) if self.n_finite else None
        return None if total is None else total / self.n_finite


Part = tuple[int, int, int, float, float | None, float | None, int]
"""A bin, and what `Bin.add` takes."""


class Bins(dict[int, Bin]):
    """Bins by number; those without samples are absent. `lasts` are numbers of samples by time, as far as the source
    knew them."""

    def __init__(self) -> None:
        self.lasts: dict[int, float | None] = {}

    def take(self, parts: Iterable[Part]) -> None:
        """Adds the parts."""
        for part in parts:
            found = self.get(part[0])
            if found is None:
                self[part[0]] = Bin(*part[1:])
            else:
                found.add(*part[1:])

    @property
    def n(self) -> int:
        """Samples in all bins."""
        return sum(found.n for found in self.values())

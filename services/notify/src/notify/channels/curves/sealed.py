"""Sealed samples as NumPy arrays: decoded, overlaid by those that came late, and reduced to bins."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from notify.channels.curves.bins import Part
from notify.channels.curves.domain import Span
from notify.channels.samples.chunks import unpacked

if TYPE_CHECKING:
    import numpy as np

Late = Sequence[tuple[int, float | None]]
"""Times and numbers, ascending."""


def loaded(payloads: Sequence[bytes], late: Late, span: Span) -> "tuple[np.ndarray, np.ndarray]":
    """Returns times (int64) and numbers (float64) of the samples of the span, ascending; of two of the same time the
    late one."""
    import numpy as np

    pieces = [_columns(payload) for payload in payloads]
    if late:
        pieces.append((np.array([ts for ts, _ in late], np.int64), np.array([one for _, one in late], np.float64)))
    if not pieces:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    times, numbers = (np.concatenate(column) for column in zip(*pieces, strict=True))
    return _within(*(_overlaid(times, numbers) if late else (times, numbers)), span)


def _columns(payload: bytes) -> "tuple[np.ndarray, np.ndarray]":
    import numpy as np

    count, _, body = unpacked(payload)
    planes = np.frombuffer(body, np.uint8, 16 * count).reshape(2, 8, count).transpose(0, 2, 1).copy()
    return np.cumsum(planes[0].view("<i8")[:, 0]), planes[1].view("<f8")[:, 0]


def _overlaid(times: "np.ndarray", numbers: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    import numpy as np

    order = np.argsort(times, kind="stable")
    times, numbers = times[order], numbers[order]
    kept = np.append(times[1:] != times[:-1], True)
    return times[kept], numbers[kept]


def _within(times: "np.ndarray", numbers: "np.ndarray", span: Span) -> "tuple[np.ndarray, np.ndarray]":
    first, end = times.searchsorted(span)
    return times[first:end], numbers[first:end]


def reduced(times: "np.ndarray", numbers: "np.ndarray", width: int) -> list[Part]:
    """Returns the bins of ascending samples."""
    import numpy as np

    if not len(times):
        return []
    bins, good = times // width, np.isfinite(numbers)
    starts = np.flatnonzero(np.append(True, bins[1:] != bins[:-1]))
    ends = np.append(starts[1:], len(times))
    with np.errstate(over="ignore", invalid="ignore"):
        totals = np.add.reduceat(np.where(good, numbers, 0.0), starts)
    lows = np.minimum.reduceat(np.where(good, numbers, np.inf), starts)
    highs = np.maximum.reduceat(np.where(good, numbers, -np.inf), starts)
    n_finite = np.add.reduceat(good.astype(np.int64), starts)
    columns: list[Any] = [bins[starts], ends - starts, n_finite, totals, lows, highs, times[ends - 1]]
    return [_part(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _part(number: int, n: int, n_finite: int, total: float, low: float, high: float, last_ts: int) -> Part:
    return (number, n, n_finite, total, low if n_finite else None, high if n_finite else None, last_ts)


def lasts(times: "np.ndarray", numbers: "np.ndarray", wanted: Sequence[int]) -> dict[int, float]:
    """Returns the numbers of the samples at the times `wanted`, which are among `times`."""
    return dict(zip(wanted, numbers[times.searchsorted(wanted)].tolist(), strict=True)) if wanted else {}


def weighted(times: "np.ndarray", numbers: "np.ndarray", width: int, bins: Span, carried: float | None) -> list[float]:
    """Returns the mean of the step function over each bin, NaN before the first sample: a sample holds until the next
    one, one that is not finite for no time. `carried` is the number before the first bin."""
    import numpy as np

    edges = np.arange(bins[0], bins[1] + 1, dtype=np.int64) * width
    held = np.concatenate([[np.nan if carried is None else carried], numbers])
    starts = np.concatenate([edges[:1], times])
    cuts, held_at = _cut(starts, held, edges)
    lengths, good = np.diff(cuts), np.isfinite(held_at)
    firsts = cuts[:-1].searchsorted(edges[:-1])
    area = np.add.reduceat(np.where(good, held_at, 0.0) * lengths, firsts)
    known = np.add.reduceat(np.where(good, lengths, 0), firsts)
    return np.divide(area, known, out=np.full(len(area), np.nan), where=known > 0).tolist()


def _cut(starts: "np.ndarray", held: "np.ndarray", edges: "np.ndarray") -> "tuple[np.ndarray, np.ndarray]":
    """The steps cut at the edges of bins."""
    import numpy as np

    cuts = np.union1d(starts, edges)
    return cuts, held[starts.searchsorted(cuts[:-1], side="right") - 1]

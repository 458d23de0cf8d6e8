"""The bins of a curve: from rollups where there are any, then from summaries of chunks, then from samples."""

from collections.abc import Iterator, Sequence
from typing import LiteralString

from contracts.notify.channels import CurveSlice
from notify.channels.curves import sealed
from notify.channels.curves.bins import Bin, Bins
from notify.channels.curves.domain import LEVELS, Span, cover, finite
from notify.channels.curves.sources import ELEMENT_MEAN, Reader, in_thread, minutes_of

MAX_SPANS = 200
"""Of more late minutes than these the whole time from the first to the last is read from chunks."""
AT_ONCE = 500_000
"""Samples that are weighted by time at once."""
_MEAN: LiteralString = "coalesce(number, " + ELEMENT_MEAN + ")"
_LASTS: LiteralString = (
    "select t, coalesce((select "
    + _MEAN
    + """ from channels.channel_sample where series_id = %(series)s and ts = t),
  (select last from channels.rollup
    where series_id = %(series)s and width = 60 and bin = t / 60000000000 and last_ts = t),
  (select last from channels.sealed_chunk where series_id = %(series)s and last_ts = t and first_ts = (
    select max(first_ts) from channels.sealed_chunk where series_id = %(series)s and first_ts <= t)))
from unnest(%(times)s::int8[]) t"""
)
_BEFORE: LiteralString = (
    "select * from (select ts, "
    + _MEAN
    + """, null::int8 from channels.channel_sample
  where series_id = %(series)s and ts < %(end)s and ts >= %(start)s order by ts desc limit 1) a
union all select * from (select last_ts, last, first_ts from channels.sealed_chunk
  where series_id = %(series)s and first_ts < %(end)s order by first_ts desc limit 1) b
union all select * from (select last_ts, last, null::int8 from channels.rollup
  where series_id = %(series)s and width = 60 and bin < %(end)s / 60000000000 order by bin desc limit 1) c"""
)
_ROWS: LiteralString = (
    "select ts, "
    + _MEAN
    + """ from channels.channel_sample
where series_id = %(series)s and ts >= %(start)s and ts < %(end)s and text is null order by ts"""
)
Sample = tuple[int, float | None]


async def read_bins(reader: Reader, numbers: Span, width: int) -> Bins:
    """Returns the bins `numbers` of `width` that have samples."""
    span = (max(0, numbers[0] * width), numbers[1] * width)
    await reader.find_late(span)
    late = minutes_of(reader.late)
    late = late if len(late) <= MAX_SPANS else [(late[0][0], late[-1][1])]
    levels = tuple(level for level in LEVELS if width % level == 0)
    plan, bins = cover(span, levels, reader.series.sealed_until, late), Bins()
    for level, spans in plan.rolled.items():
        for one in spans:
            bins.take(await reader.rolled(level, width, one))
    for one in plan.unrolled:
        await reader.chunks(bins, one, width)
        bins.take(await reader.rows(one, width))
    return bins


async def sample_before(reader: Reader, time: int) -> Sample | None:
    """Returns the last sample before `time`, an array as the mean of its elements."""
    if time <= 0:
        return None
    found = await reader.fetch(_BEFORE, (reader.series.dropped_until, time))
    known: list[Sample] = [(ts, number) for ts, number, _ in found if ts < time]
    for first in (first for ts, _, first in found if ts >= time and first is not None):
        times, numbers = await reader.samples((first, time))
        known += [(int(times[-1]), float(numbers[-1]))] if len(times) else []
    return max(known, key=lambda sample: sample[0], default=None)


async def fill_lasts(reader: Reader, bins: Bins, wanted: Sequence[int]) -> None:
    """Reads the latest numbers of the bins `wanted`, as far as they are not known."""
    times = [bins[number].last_ts for number in wanted if bins[number].last_ts not in bins.lasts]
    if times:
        bins.lasts |= dict(await reader.fetch(_LASTS, (0, 0), times=times))


async def binned(
    reader: Reader, bins: Bins, numbers: Span, width: int, scheme: str, use_last: bool, remove_empty: bool
) -> CurveSlice:
    """Returns the points of the bins `numbers`. With `use_last` their values are those of their latest samples."""
    before_gaps = [number for number in bins if use_last or number + 1 not in bins]
    await fill_lasts(reader, bins, before_gaps)
    needs_carry = numbers[0] not in bins or scheme == "timeWeightedScalar"
    carried = await sample_before(reader, numbers[0] * width) if needs_carry and numbers[0] < numbers[1] else None
    means = await _weighted(reader, bins, numbers, width, carried) if scheme == "timeWeightedScalar" else {}
    rows = list(_points(bins, numbers, carried, use_last, remove_empty, means))
    columns = zip(*rows, strict=True) if rows else ((),) * 5
    keys, values, mins, maxs, counts = map(list, columns)
    return CurveSlice.model_construct(
        raw=False, keys=[number * width + width // 2 for number in keys], values=values, mins=mins, maxs=maxs,
        counts=counts,
    )  # fmt: skip


def _points(
    bins: Bins, numbers: Span, carried: Sample | None, use_last: bool, remove_empty: bool, means: dict[int, float]
) -> Iterator[tuple]:
    has_sample, value = carried is not None, finite(carried[1]) if carried else None
    for number in range(*numbers):
        found = bins.get(number)
        if found is None:
            if has_sample and not remove_empty:
                yield number, value, None, None, 0
            continue
        has_sample, value = True, finite(bins.lasts.get(found.last_ts))
        yield number, _value(found, value, use_last, means.get(number)), found.low, found.high, found.n


def _value(found: Bin, last: float | None, use_last: bool, weighted: float | None) -> float | None:
    return last if use_last else finite(weighted) if weighted is not None else found.mean


async def _weighted(reader: Reader, bins: Bins, numbers: Span, width: int, carried: Sample | None) -> dict[int, float]:
    """Means of the step function; of bins whose samples were dropped there are none."""
    first = max(numbers[0], -(-reader.series.dropped_until // width))
    found, value = dict[int, float](), carried[1] if carried else None
    if first > numbers[0]:
        before = await sample_before(reader, first * width)
        value = before[1] if before else None
    for part in _batches(bins, (first, numbers[1])):
        times, held = await all_samples(reader, (part[0] * width, part[1] * width))
        means = await in_thread(len(times), sealed.weighted, times, held, width, part, value)
        found |= zip(range(*part), means, strict=True)
        value = float(held[-1]) if len(held) else value
    return found


def _batches(bins: Bins, numbers: Span) -> Iterator[Span]:
    """Parts of the bins with not much more than `AT_ONCE` samples each."""
    start, n = numbers[0], 0
    for number in range(*numbers):
        n += bins[number].n if number in bins else 0
        if n >= AT_ONCE:
            yield start, number + 1
            start, n = number + 1, 0
    if start < numbers[1]:
        yield start, numbers[1]


async def all_samples(reader: Reader, span: Span):
    """Returns times (int64) and numbers (float64) of all samples of the span, arrays as the mean of their elements."""
    import numpy as np

    times, numbers = await reader.samples(span)
    start = max(span[0], reader.series.sealed_until)
    rows = await reader.fetch(_ROWS, (start, span[1])) if start < span[1] else []
    if not rows:
        return times, numbers
    more = [np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.float64)]
    return np.concatenate([times, more[0]]), np.concatenate([numbers, more[1]])

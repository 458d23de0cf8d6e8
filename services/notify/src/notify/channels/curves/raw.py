"""Samples as they were recorded: sealed ones, overlaid by those that are not."""

from math import isfinite, nan
from typing import LiteralString, NamedTuple

from notify.channels.curves.domain import Span
from notify.channels.curves.sources import Reader
from notify.channels.samples.chunks import decode, rows_of
from notify.channels.samples.domain import total

CHUNKS = 24
"""Chunks of one statement."""
_ROWS: LiteralString = """
select ts, pulse_id, number, text, elements from (
  select *, sum(weight) over (order by ts) - weight as before from (
    select *, coalesce(cardinality(elements), 1) + coalesce(octet_length(text) / 16, 0) as weight
    from channels.channel_sample where series_id = %(series)s and ts >= %(start)s and ts < %(end)s
    order by ts limit %(limit)s) weighed) samples
where before < %(limit)s order by ts"""
_CHUNKS: LiteralString = """
select last_ts, payload from channels.sealed_chunk
where series_id = %(series)s and last_ts >= %(start)s and first_ts < %(end)s
  and first_ts >= coalesce((select max(first_ts) from channels.sealed_chunk
    where series_id = %(series)s and first_ts <= %(start)s), 0)
order by first_ts limit %(limit)s"""
_LAST: LiteralString = """
select greatest((select max(ts) from channels.channel_sample
    where series_id = %(series)s and ts >= %(start)s and ts < %(end)s),
  (select case when last_ts < %(end)s then last_ts else first_ts end from channels.sealed_chunk
    where series_id = %(series)s and first_ts < %(end)s order by first_ts desc limit 1))"""


class RawSample(NamedTuple):
    ts: int
    pulse: int | None
    number: float | None
    text: str | None = None
    elements: list[float] | None = None

    @property
    def mean(self) -> float:
        """Its number, or the mean of the finite elements; NaN where there is none."""
        if self.elements is None:
            return nan if self.number is None else self.number
        good = [element for element in self.elements if isfinite(element)]
        return total(good) / len(good) if good else nan

    @property
    def weight(self) -> int:
        """A measure of its size in an answer: elements, and sixteen bytes of text."""
        return self.points + len((self.text or "").encode()) // 16

    @property
    def points(self) -> int:
        """How many points of a curve it makes."""
        return 1 if self.elements is None else len(self.elements)


async def read(reader: Reader, span: Span, limit: int) -> list[RawSample]:
    """Returns the earliest samples of the span, as many as weigh `limit` together and one more if there is."""
    start = max(span[0], reader.series.dropped_until)
    rows = await reader.fetch(_ROWS, (start, span[1]), limit=limit + 1) if start < span[1] else []
    found = await _sealed(reader, (start, min(span[1], reader.series.sealed_until)), limit + 1)
    if found:
        found |= {row[0]: RawSample(*row) for row in rows}
        return _first([found[ts] for ts in sorted(found)], limit)
    return _first([RawSample(*row) for row in rows], limit)


def _first(samples: list[RawSample], limit: int) -> list[RawSample]:
    weight = 0
    for place, sample in enumerate(samples):
        weight += sample.weight
        if weight > limit:
            return samples[: place + 1]
    return samples


async def _sealed(reader: Reader, span: Span, limit: int) -> dict[int, RawSample]:
    found: dict[int, RawSample] = {}
    place, end = span
    while place < end and len(found) < limit:
        chunks = await reader.fetch(_CHUNKS, (place, end), limit=CHUNKS)
        for _, payload in chunks:
            found |= {row[0]: RawSample(*row) for row in rows_of(decode(payload)) if span[0] <= row[0] < end}
        place = chunks[-1][0] + 1 if len(chunks) == CHUNKS else end
    return found


async def last_before(reader: Reader, time: int) -> list[RawSample]:
    """Returns the last sample before `time`, or nothing."""
    start = reader.series.dropped_until
    found = await reader.fetch(_LAST, (start, time)) if time > start else []
    if not found or found[0][0] is None or found[0][0] < start:
        return []
    samples = await read(reader, (found[0][0], time), 1 << 17)
    return samples[-1:]


async def first_from(reader: Reader, time: int) -> list[RawSample]:
    """Returns the first sample at `time` or after it, or nothing."""
    return (await read(reader, (max(0, time), (1 << 63) - 1), 1))[:1]

"""What fills bins: rollups, summaries of chunks, samples. All statements belong to one snapshot; spans are in
nanoseconds and half-open."""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from typing import LiteralString

import psycopg

from notify.channels.curves import sealed
from notify.channels.curves.bins import Bins, Part
from notify.channels.curves.domain import MINUTE, SECOND, Span
from notify.channels.series.queries import SeriesState

IN_THREAD = 64
"""Chunks that take so long to decode that others should not wait meanwhile."""
ELEMENT_MEAN: LiteralString = """(select (sum(x::numeric) / count(x))::float8 from unnest(elements) x
  where x > '-infinity' and x < 'infinity')"""
"""Of the finite elements of an array; null without any."""
_ROLLED: LiteralString = """
select r.bin / %(times)s, sum(n::float8)::int8, sum(n_finite::float8)::int8, sum(r.sum), min(r.min), max(r.max),
  max(r.last_ts)
from channels.rollup r
where r.series_id = %(series)s and r.width = %(seconds)s and r.bin >= %(first)s and r.bin < %(until)s
group by 1"""
_SAME: LiteralString = """
select bin, n, n_finite, sum, min, max, last_ts from channels.rollup
where series_id = %(series)s and width = %(seconds)s and bin >= %(first)s and bin < %(until)s"""
_ROWS: LiteralString = """
select ts / %(bin)s, count(*), count(*) filter (where good), coalesce(sum(mean) filter (where good), 0),
  min(low) filter (where good), max(high) filter (where good), max(ts)
from (
  select ts, number as mean, number as low, number as high, number > '-infinity' and number < 'infinity' as good
  from channels.channel_sample
  where series_id = %(series)s and ts >= %(start)s and ts < %(end)s and number is not null
  union all
  select ts, a.mean, a.low, a.high, a.mean is not null
  from channels.channel_sample, lateral (
    select (sum(x::numeric) / count(x))::float8 as mean, min(x) as low, max(x) as high
    from unnest(elements) x where x > '-infinity' and x < 'infinity') a
  where series_id = %(series)s and ts >= %(start)s and ts < %(end)s and elements is not null) samples
group by 1"""
_EXACT: dict[LiteralString, LiteralString] = {
    _ROLLED: _ROLLED.replace("sum(r.sum)", "sum(r.sum::numeric)"),
    _ROWS: _ROWS.replace("sum(mean)", "sum(mean::numeric)"),
}
"""PostgreSQL refuses sums beyond the range of a double; these know them, at ten times the cost."""
_LATE: LiteralString = (
    "select l.ts, coalesce(s.number, "
    + ELEMENT_MEAN
    + """)
from channels.late_sample l join channels.channel_sample s on s.series_id = l.series_id and s.ts = l.ts
where l.series_id = %(series)s and l.ts >= %(start)s and l.ts < %(end)s order by l.ts"""
)
_OVERLAPPING: LiteralString = """
from channels.sealed_chunk where series_id = %(series)s and last_ts >= %(start)s and first_ts < %(end)s
  and first_ts >= coalesce((select max(first_ts) from channels.sealed_chunk
    where series_id = %(series)s and first_ts <= %(start)s), 0)"""
_CHUNKS: LiteralString = "select first_ts, last_ts, n, n_finite, sum, min, max" + _OVERLAPPING + "order by first_ts"
_PAYLOADS: LiteralString = (
    "select payload" + _OVERLAPPING + "and (%(firsts)s::int8[] is null or first_ts = any(%(firsts)s)) order by first_ts"
)


class Reader:
    """Reads one series in one snapshot. `late` are the late samples of the span that is read."""

    def __init__(self, connection: psycopg.AsyncConnection, series: SeriesState) -> None:
        self.connection, self.series = connection, series
        self.late: list[tuple[int, float | None]] = []

    async def find_late(self, span: Span) -> None:
        """Reads the late samples of the span; those of a time whose samples were dropped count no more."""
        start = max(span[0], self.series.dropped_until)
        self.late = await self.fetch(_LATE, (start, min(span[1], self.series.sealed_until)))

    async def fetch(self, sql: LiteralString, span: Span, **more: object) -> list:
        """Returns the rows of a statement about the span."""
        given = {"series": self.series.id, "start": span[0], "end": span[1], **more}
        return await (await self.connection.execute(sql, given)).fetchall()

    async def _summed(self, sql: LiteralString, span: Span, **more: object) -> list[Part]:
        try:
            async with self.connection.transaction():
                return await self.fetch(sql, span, **more)
        except psycopg.errors.NumericValueOutOfRange:
            rows = await self.fetch(_EXACT[sql], span, **more)
            return [(number, n, n_finite, float(total), *rest) for number, n, n_finite, total, *rest in rows]

    async def rolled(self, level: int, width: int, bins: Span) -> list[Part]:
        """Returns bins of `width` from rollups of `level`, both in nanoseconds."""
        more = {"seconds": level // SECOND, "first": bins[0], "until": bins[1]}
        if width == level:
            return await self.fetch(_SAME, (0, 0), **more)
        return await self._summed(_ROLLED, (0, 0), times=width // level, **more)

    async def rows(self, span: Span, width: int) -> list[Part]:
        """Returns bins from samples that are not sealed."""
        start = max(span[0], self.series.sealed_until)
        return [] if start >= span[1] else await self._summed(_ROWS, (start, span[1]), bin=width)

    async def chunks(self, bins: Bins, span: Span, width: int) -> None:
        """Adds the sealed samples of a span to `bins`: chunks that lie in one bin by their summaries, the others by
        their samples."""
        start, end = max(span[0], self.series.dropped_until), min(span[1], self.series.sealed_until)
        if start >= end:
            return
        found = await self.fetch(_CHUNKS, (start, end))
        late = self.late_in((start, end))
        times = [ts for ts, _ in late]
        whole = [one for one in found if _is_whole(one, (start, end), width, times)]
        bins.take((one[0] // width, *one[2:], one[1]) for one in whole)
        known = {one[0] for one in whole}
        await self._decode(bins, (start, end), width, [one[0] for one in found if one[0] not in known], late)

    def late_in(self, span: Span) -> list[tuple[int, float | None]]:
        """Returns the late samples of a part of the span that is read."""
        return [sample for sample in self.late if span[0] <= sample[0] < span[1]]

    async def _decode(self, bins: Bins, span: Span, width: int, firsts: list[int], late: Sequence) -> None:
        if not firsts and not late:
            return
        payloads = [payload for (payload,) in await self.fetch(_PAYLOADS, span, firsts=firsts)]
        parts, known = await in_thread(len(payloads), _reduce, payloads, late, span, width)
        bins.take(parts)
        bins.lasts |= known

    async def samples(self, span: Span):
        """Returns times and numbers of all sealed samples of the span."""
        start, end = max(span[0], self.series.dropped_until), min(span[1], self.series.sealed_until)
        payloads = [one for (one,) in await self.fetch(_PAYLOADS, (start, end), firsts=None)] if start < end else []
        return await in_thread(len(payloads), sealed.loaded, payloads, self.late_in((start, end)), (start, end))


def _is_whole(chunk: tuple, span: Span, width: int, late: list[int]) -> bool:
    first, last = chunk[:2]
    is_inside = span[0] <= first and last < span[1] and first // width == last // width
    place = bisect_left(late, first)
    return is_inside and not (place < len(late) and late[place] <= last)


async def in_thread(chunks: int, work, *arguments):
    """Runs `work` beside the event loop when it is about many chunks."""
    return await asyncio.to_thread(work, *arguments) if chunks > IN_THREAD else work(*arguments)


def _reduce(payloads: list[bytes], late: Sequence, span: Span, width: int) -> tuple[list[Part], dict[int, float]]:
    times, numbers = sealed.loaded(payloads, late, span)
    parts = sealed.reduced(times, numbers, width)
    return parts, sealed.lasts(times, numbers, [part[-1] for part in parts])


def minutes_of(late: Sequence[tuple[int, float | None]]) -> list[Span]:
    """Returns the minutes that late samples lie in, ascending; neighbours are joined."""
    found: list[Span] = []
    for ts, _ in late:
        start = ts // MINUTE * MINUTE
        if found and found[-1][1] >= start:
            found[-1] = (found[-1][0], start + MINUTE)
        else:
            found.append((start, start + MINUTE))
    return found

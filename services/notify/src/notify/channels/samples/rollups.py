"""Rollups: what is kept of each minute, ten minutes, hour and day of a series. They are computed anew from what is
sealed, never added to, and only for bins that lie in sealed time as a whole and whose samples are still there."""

from collections.abc import Iterable
from itertools import pairwise
from typing import LiteralString

import psycopg

from notify.channels.samples import store
from notify.channels.samples.domain import LEVELS, MINUTE, SECOND, Summary, by_minute, coarser

_DELETE: LiteralString = "delete from channels.rollup where series_id = %s and width = %s and bin >= %s and bin < %s"
_COPY: LiteralString = """
copy channels.rollup (series_id, width, bin, n, n_finite, sum, min, max, last, last_ts) from stdin (format binary)"""
_TYPES = ["int8", "int8", "int8", "int8", "int8", "float8", "float8", "float8", "float8", "int8"]
_READ: LiteralString = """
select bin, n, n_finite, sum, min, max, last, last_ts from channels.rollup
where series_id = %s and width = %s and bin >= %s and bin < %s order by bin"""
Span = tuple[int, int]


async def refresh(connection: psycopg.AsyncConnection, series: store.Series, spans: Iterable[Span]) -> None:
    """Computes all bins anew that touch one of the `spans`, which are in nanoseconds and half-open."""
    for start, end in spans:
        await _refresh_minutes(connection, series, (start, end))
        for finer, width in pairwise(LEVELS):
            await _refresh_coarser(connection, series, width, finer, (start, end))


def bins_within(series: store.Series, width: int, span: Span) -> Span:
    """Returns the bins of `width` seconds that touch the span and that rollups may have."""
    ns = width * SECOND
    first, last = span[0] // ns, -(-span[1] // ns)
    return max(first, -(-series.dropped_until // ns)), min(last, series.sealed_until // ns)


async def _refresh_minutes(connection: psycopg.AsyncConnection, series: store.Series, span: Span) -> None:
    first, end = bins_within(series, MINUTE, span)
    if first < end:
        rows = await store.rows_between(connection, series.id, first * MINUTE * SECOND, end * MINUTE * SECOND)
        bins = by_minute((ts, number) for ts, _, number in rows)
        await replace(connection, series.id, MINUTE, (first, end), bins)


async def _refresh_coarser(
    connection: psycopg.AsyncConnection, series: store.Series, width: int, finer: int, span: Span
) -> None:
    (first, end), times = bins_within(series, width, span), width // finer
    if first < end:
        key = (series.id, finer, first * times, end * times)
        parts = {row[0]: Summary(*row[1:]) for row in await (await connection.execute(_READ, key)).fetchall()}
        await replace(connection, series.id, width, (first, end), dict(coarser(parts, times)))


async def replace(
    connection: psycopg.AsyncConnection, series_id: int, width: int, span: Span, bins: dict[int, Summary]
) -> None:
    """Stores what is kept of `bins`, and deletes what else there was in the span of bins."""
    await connection.execute(_DELETE, (series_id, width, *span))
    async with connection.cursor().copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for number, kept in bins.items():
            values = (kept.n, kept.n_finite, kept.total, kept.low, kept.high, kept.last, kept.last_ts)
            await copy.write_row((series_id, width, number, *values))

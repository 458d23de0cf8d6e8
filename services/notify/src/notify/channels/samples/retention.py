"""Samples older than CHANNEL_RETENTION_DAYS are dropped; their rollups stay."""

from itertools import pairwise
from typing import LiteralString

import psycopg

from notify.channels.samples import rollups, sealing, store
from notify.channels.samples.domain import DAY, LEVELS, MINUTE, SECOND, Summary, coarser

_OVERDUE: LiteralString = """
select id, type in ('string', 'enum') from channels.channel_series
where dropped_until < %s and first_ts < %s order by id limit 20"""
_DROPPED: LiteralString = """
update channels.channel_series set dropped_until = greatest(dropped_until, %(end)s),
  sealed_until = greatest(sealed_until, %(end)s) where id = %(series)s"""
_DELETE: tuple[LiteralString, ...] = (
    "delete from channels.channel_sample where series_id = %(series)s and ts < %(end)s",
    "delete from channels.late_sample where series_id = %(series)s and ts < %(end)s",
    "delete from channels.sealed_chunk where series_id = %(series)s and last_ts < %(end)s",
)
_ARRAYS: LiteralString = """
select s.ts / 60000000000, count(*), count(e.mean), coalesce(sum(e.mean::numeric), 0), min(e.low), max(e.high),
  (array_agg(coalesce(e.mean, 'NaN') order by s.ts desc))[1], max(s.ts)
from channels.channel_sample s, lateral (
  select (sum(x::numeric) / count(x))::float8 as mean, min(x) as low, max(x) as high
  from unnest(coalesce(s.elements, array[s.number])) x where x > '-infinity' and x < 'infinity') e
where s.series_id = %s and s.ts >= %s and s.ts < %s group by 1 order by 1"""


async def drop_old(connection: psycopg.AsyncConnection, now: int, days: int) -> bool:
    """Drops what is older than `days` before `now` (nanoseconds), by whole days. Returns whether there may be more."""
    end = (now // (DAY * SECOND) - days) * DAY * SECOND
    overdue = await (await connection.execute(_OVERDUE, (end, end))).fetchall()
    for series_id, is_text in overdue:
        while await sealing.take_in_late(connection, series_id):
            pass
        await _drop(connection, series_id, is_text, end)
    return bool(overdue)


async def _drop(connection: psycopg.AsyncConnection, series_id: int, is_text: bool, end: int) -> None:
    async with connection.transaction():
        series = await store.locked(connection, series_id)
        if series is None:
            return
        if not is_text:
            rest = await sealing.store_rest(connection, series, end)
            await _keep(connection, await sealing.add(connection, rest, [], end), rest.sealed_until, end)
        for delete in (*_DELETE, _DROPPED):
            await connection.execute(delete, {"series": series_id, "end": end})


async def _keep(connection: psycopg.AsyncConnection, series: store.Series, start: int, end: int) -> None:
    """Makes rollups of the rows that no chunk can hold: arrays."""
    found = await (await connection.execute(_ARRAYS, (series.id, start, end))).fetchall()
    bins = {row[0]: Summary(row[1], row[2], float(row[3]), *row[4:]) for row in found}
    if not bins:
        return
    for finer, width in pairwise((MINUTE, *LEVELS)):
        bins = dict(coarser(bins, width // finer))
        await rollups.replace(connection, series.id, width, rollups.bins_within(series, width, (start, end)), bins)

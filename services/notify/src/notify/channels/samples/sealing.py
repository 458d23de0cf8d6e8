"""Samples become chunks: old ones of their series are sealed, late ones are taken into the chunk that their time lies
in. Each call is one transaction, and the series is locked against the recorder meanwhile."""

import logging
from collections import defaultdict
from typing import LiteralString

import psycopg

from kit import failpoints
from notify.channels.samples import rollups, store
from notify.channels.samples.chunks import SIZE, columns, decode, rows_of
from notify.channels.samples.domain import MINUTE, SECOND, spans
from notify.channels.samples.store import Rows, Series

log = logging.getLogger("notify.channels")
CHUNKS, LATE = 16, 2_000
"""Chunks, and late samples, of one transaction."""
_OLDEST: LiteralString = """
select ts, pulse_id, number from channels.channel_sample
where series_id = %s and ts >= %s and ts < %s order by ts limit %s"""
_DELETE: LiteralString = "delete from channels.channel_sample where series_id = %s and ts >= %s and ts <= %s"
_SEALED: LiteralString = "update channels.channel_series set sealed_until = greatest(sealed_until, %s) where id = %s"
_LATE: LiteralString = """
select l.ts, s.pulse_id, s.number from channels.late_sample l
left join channels.channel_sample s on s.series_id = l.series_id and s.ts = l.ts
where l.series_id = %s and (s.ts is null or s.number is not null) order by l.ts limit %s"""
"""Without arrays, which no chunk can hold: they stay rows."""
_AROUND: LiteralString = """
select first_ts from channels.sealed_chunk where series_id = %s and first_ts <= %s order by first_ts desc limit 1"""
_TAKE: LiteralString = "delete from channels.sealed_chunk where series_id = %s and first_ts = %s returning payload"


async def store_full(connection: psycopg.AsyncConnection, series_id: int, before: int) -> int:
    """Seals full chunks of the oldest samples whose times are less than `before` nanoseconds. Returns how many samples;
    0 where there are too few, or arrays among them."""
    async with connection.transaction():
        series = await store.locked(connection, series_id)
        rows = await _oldest(connection, series, before) if series else []
        rows = rows[: len(rows) // SIZE * SIZE]
        if series and rows:
            await add(connection, series, rows, rows[-1][0] + 1)
    return len(rows)


async def store_rest(connection: psycopg.AsyncConnection, series: Series, end: int) -> Series:
    """Seals the samples before `end` up to the first array; the last chunk may be small."""
    while rows := await _oldest(connection, series, end):
        series = await add(connection, series, rows, rows[-1][0] + 1)
    return series


async def _oldest(connection: psycopg.AsyncConnection, series: Series, before: int) -> Rows:
    found = await connection.execute(_OLDEST, (series.id, series.sealed_until, before, SIZE * CHUNKS))
    rows = await found.fetchall()
    return rows if all(number is not None for _, _, number in rows) else []


async def add(connection: psycopg.AsyncConnection, series: Series, rows: Rows, end: int) -> Series:
    """Makes chunks of the rows, which are all samples from `series.sealed_until` to `end`."""
    await store.add_chunks(connection, series.id, map(columns, store.split(rows)))
    if rows:
        await connection.execute(_DELETE, (series.id, rows[0][0], rows[-1][0]))
    failpoints.reach("channels.sealing")
    await connection.execute(_SEALED, (end, series.id))
    sealed = Series(series.id, max(end, series.sealed_until), series.dropped_until)
    await rollups.refresh(connection, sealed, [(series.sealed_until, sealed.sealed_until)])
    return sealed


async def take_in_late(connection: psycopg.AsyncConnection, series_id: int) -> bool:
    """Takes late and replaced samples into their chunks, and computes the bins anew that they lie in. Returns whether
    there may be more. Samples of a time whose samples were dropped are dropped as well: their bins could not be
    computed."""
    async with connection.transaction():
        series = await store.locked(connection, series_id)
        rows = await (await connection.execute(_LATE, (series_id, LATE))).fetchall()
        if series is None or not rows:
            return False
        late = [row for row in rows if row[0] >= series.dropped_until and row[2] is not None]
        await _rewrite(connection, series, late)
        await store.delete_samples(connection, series_id, [ts for ts, *_ in rows])
        await rollups.refresh(connection, series, _minutes(late))
    if dropped := sum(ts < series.dropped_until for ts, *_ in rows):
        log.warning("channels.too_late", extra={"fields": {"series": series_id, "samples": dropped}})
    return len(rows) == LATE


def _minutes(rows: Rows) -> list[tuple[int, int]]:
    ns = MINUTE * SECOND
    return [(first * ns, end * ns) for first, end in spans(sorted({ts // ns for ts, *_ in rows}))]


async def _rewrite(connection: psycopg.AsyncConnection, series: Series, late: Rows) -> None:
    """Each chunk once; a sample before the first chunk makes one of its own."""
    by_chunk: dict[int | None, Rows] = defaultdict(list)
    for row in late:
        found = await (await connection.execute(_AROUND, (series.id, row[0]))).fetchone()
        by_chunk[found[0] if found else None].append(row)
    for first_ts, rows in by_chunk.items():
        taken = await (await connection.execute(_TAKE, (series.id, first_ts))).fetchone()
        kept = {row[0]: row for row in rows_of(decode(taken[0]))} if taken else {}
        kept |= {row[0]: row for row in rows}
        await store.add_chunks(connection, series.id, map(columns, store.split([kept[ts] for ts in sorted(kept)])))

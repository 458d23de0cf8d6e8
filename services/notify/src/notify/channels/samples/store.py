"""Chunks in their table. All functions take part in the transaction of the connection; times are in nanoseconds, spans
half-open."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import LiteralString

import psycopg

from notify.channels.samples.chunks import SIZE, Columns, decode, encode, rows_of
from notify.channels.samples.domain import summary

Rows = list[tuple[int, int | None, float]]
"""Time, pulse id and number of samples in the order of their times."""
_LOCK: LiteralString = """
select id, sealed_until, dropped_until from channels.channel_series where id = %s for no key update"""
_COPY: LiteralString = """
copy channels.sealed_chunk (series_id, first_ts, last_ts, n, n_finite, sum, min, max, first, last, payload)
from stdin (format binary)"""
_TYPES = ["int8", "int8", "int8", "int8", "int8", "float8", "float8", "float8", "float8", "float8", "bytea"]
_PAYLOADS: LiteralString = """
select payload from channels.sealed_chunk where series_id = %(series)s and last_ts >= %(start)s and first_ts < %(end)s
  and first_ts >= coalesce((select max(first_ts) from channels.sealed_chunk
    where series_id = %(series)s and first_ts <= %(start)s), 0)
order by first_ts"""
"""Chunks of a series do not overlap, so only one that begins before the span can reach into it."""


@dataclass(frozen=True, slots=True)
class Series:
    """What the writer of a series needs to know; its row is locked."""

    id: int
    sealed_until: int
    dropped_until: int


async def locked(connection: psycopg.AsyncConnection, series_id: int) -> Series | None:
    """Locks the series against the recorder until the end of the transaction. Returns None when it is gone."""
    row = await (await connection.execute(_LOCK, (series_id,))).fetchone()
    return Series(*row) if row else None


async def rows_between(connection: psycopg.AsyncConnection, series_id: int, start: int, end: int) -> Rows:
    """Returns the sealed samples of a span."""
    found = await connection.execute(_PAYLOADS, {"series": series_id, "start": start, "end": end})
    return [row for (payload,) in await found.fetchall() for row in rows_of(decode(payload)) if start <= row[0] < end]


async def add_chunks(connection: psycopg.AsyncConnection, series_id: int, pieces: Iterable[Columns]) -> None:
    """Stores each piece as a chunk."""
    async with connection.cursor().copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for piece in pieces:
            await copy.write_row((series_id, *_chunk_row(piece)))


def _chunk_row(piece: Columns) -> tuple[object, ...]:
    kept = summary(piece.numbers, piece.times[-1])
    return (
        piece.times[0], kept.last_ts, kept.n, kept.n_finite, kept.total, kept.low, kept.high, piece.numbers[0],
        kept.last, encode(piece),
    )  # fmt: skip


def split(rows: Rows) -> list[Rows]:
    """Returns the rows in pieces of nearly equal size, none longer than a chunk."""
    count = -(-len(rows) // SIZE)
    edges = [len(rows) * number // count for number in range(count + 1)] if count else []
    return [rows[start:end] for start, end in pairwise(edges)]


async def delete_samples(connection: psycopg.AsyncConnection, series_id: int, times: Sequence[int]) -> None:
    """Deletes samples, and the marks of those that came late."""
    for table in ("channel_sample", "late_sample"):
        await connection.execute(
            f"delete from channels.{table} where series_id = %s and ts = any(%s)", (series_id, list(times))
        )  # type: ignore[call-overload]

"""Writes samples: one transaction for many messages.

Every writer locks the rows of its series first, in the order of their ids, and so does the sealer: no sample slips into
time that is being sealed, and what is later than the last sample of its series cannot be there already.
"""

from collections.abc import Sequence
from dataclasses import astuple

import psycopg
from psycopg import sql

from contracts.notify.channels import RecordSamples
from contracts.notify.samples import BadSample, samples_of
from kit.errors import Unprocessable
from kit.messaging.tx import Tx
from notify.channels.recorder import open_streams
from notify.channels.recorder.batches import Channel, Row, Series, Versioned, changes, channels_of, reason
from notify.channels.recorder.copy_rows import COLUMNS, encoded
from notify.channels.settings import ChannelSettings

_WANTED = "unnest(%s::text[], %s::text[], %s::text[])"
_LOCK = sql.SQL(f"""
select backend, name, type, s.id, shape, unit, description, source, first_ts, last_ts, sealed_until
from channels.channel_series s join {_WANTED} as wanted(backend, name, type) using (backend, name, type)
order by s.id for no key update of s""")
_ADD = sql.SQL(f"""
insert into channels.channel_series (backend, name, type)
select backend, name, type from {_WANTED} with ordinality as wanted(backend, name, type, place) order by place
on conflict do nothing""")
_COPY = sql.SQL(f"copy channels.channel_sample ({COLUMNS}) from stdin (format binary)")
_TEMPORARY = "create temporary table incoming (like channels.channel_sample) on commit drop"
_COPY_TEMPORARY = sql.SQL(f"copy incoming ({COLUMNS}) from stdin (format binary)")
_MERGE = sql.SQL(f"""
insert into channels.channel_sample as old ({COLUMNS}) select {COLUMNS} from incoming
on conflict (series_id, ts) do update set pulse_id = excluded.pulse_id, number = excluded.number, text = excluded.text,
elements = excluded.elements, version = excluded.version where excluded.version >= old.version""")
_LATE = "insert into channels.late_sample select * from unnest(%s::bigint[], %s::bigint[]) on conflict do nothing"
_NOTE = """
update channels.channel_series s set shape = case new.length when 0 then '{}'::bigint[] else array[new.length] end,
unit = new.unit, description = new.description, source = new.source, first_ts = new.first_ts, last_ts = new.last_ts
from unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
as new(id, length, unit, description, source, first_ts, last_ts) where s.id = new.id"""


async def record_samples(command: RecordSamples, tx: Tx, settings: ChannelSettings) -> dict[str, int]:
    """Stores all samples of the command or none, and shows them to open streams. Raises Unprocessable."""
    try:
        samples = samples_of({"samples": command.samples}, settings.channel_default_backend)
    except BadSample as problem:
        raise Unprocessable("bad_sample", reason(problem)) from problem
    borrowed = await (await tx.session.connection()).get_raw_connection()
    version = int(tx.caused_at.timestamp() * 1e6) * 1000
    created = await record(borrowed.driver_connection, [Versioned(version, samples)])  # type: ignore[arg-type]
    open_streams.show(command.samples, tx)
    return {"accepted": len(samples), "channels_created": created}


async def record(connection: psycopg.AsyncConnection, batches: Sequence[Versioned]) -> int:
    """Writes the samples inside the transaction of the caller; returns the number of channels that are new. Raises
    psycopg errors."""
    series, created = await _locked_series(connection, channels_of(batches))
    found = changes(batches, series)
    await _copy(connection, _COPY, found.appended)
    if found.merged:
        await connection.execute(_TEMPORARY)
        await _copy(connection, _COPY_TEMPORARY, found.merged)
        await connection.execute(_MERGE)
    if found.late:
        await connection.execute(_LATE, [list(column) for column in zip(*found.late, strict=True)])
    await _note(connection, list(series.values()))
    return created


async def _locked_series(
    connection: psycopg.AsyncConnection, wanted: Sequence[Channel]
) -> tuple[dict[Channel, Series], int]:
    """Registers what is unknown, so that ids ascend in the order of `wanted`."""
    known, created = await _lock(connection, wanted), 0
    if unknown := [channel for channel in wanted if channel not in known]:
        created = (await connection.execute(_ADD, _columns(unknown))).rowcount
        known |= await _lock(connection, unknown)
    return known, created


async def _lock(connection: psycopg.AsyncConnection, wanted: Sequence[Channel]) -> dict[Channel, Series]:
    rows = await (await connection.execute(_LOCK, _columns(wanted))).fetchall()
    return {row[:3]: Series(*row[3:]) for row in rows}


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


async def _copy(connection: psycopg.AsyncConnection, statement: sql.SQL, rows: Sequence[Row]) -> None:
    if rows:
        async with connection.cursor() as cursor, cursor.copy(statement) as copy:
            await copy.write(encoded(rows))


async def _note(connection: psycopg.AsyncConnection, series: Sequence[Series]) -> None:
    rows = [(one.id, *(one.shape or [0]), *astuple(one)[2:7]) for one in series]
    await connection.execute(_NOTE, _columns(rows))

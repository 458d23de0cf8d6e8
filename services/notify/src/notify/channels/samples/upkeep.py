"""The loop that seals, takes in late samples and drops old ones; one process at a time does it."""

import time
from typing import LiteralString

import psycopg

from kit.app import Service
from notify import dispatcher
from notify.channels.samples import retention, sealing
from notify.channels.samples.chunks import SIZE
from notify.channels.samples.domain import SEALING_AGE

PAUSE = 30.0
LOCK = 0x0FA1_0093
PASS_SECONDS = 20.0
"""After so long the loop makes way for another look at what came late."""
_LATE: LiteralString = "select distinct series_id from channels.late_sample order by series_id limit 100"
_RIPE: LiteralString = """
select s.id from channels.channel_series s
where s.id > %s and s.type not in ('string', 'enum') and s.last_ts >= s.sealed_until and (
  select c.ts from channels.channel_sample c where c.series_id = s.id and c.ts >= s.sealed_until
  order by c.ts offset %s limit 1) < %s
order by s.id limit 100"""


async def maintain_forever(service: Service) -> None:
    """A loop of the service."""
    await dispatcher.run_periodically(maintain, service, PAUSE)


async def maintain(service: Service) -> bool:
    """One pass. Returns whether there may be more; False while another process is at it."""
    days: int = service.settings.channel_retention_days  # type: ignore[attr-defined]
    async with service.db.raw() as connection:
        taken = await (await connection.execute("select pg_try_advisory_lock(%s)", (LOCK,))).fetchone()
        if not taken or not taken[0]:
            return False
        try:
            return await work(connection, time.time_ns(), days)
        finally:
            await connection.execute("select pg_advisory_unlock(%s)", (LOCK,))


async def work(connection: psycopg.AsyncConnection, now: int, retention_days: int = 0) -> bool:
    """`now` is in nanoseconds since the epoch. Returns whether it ended before everything was done."""
    end = time.monotonic() + PASS_SECONDS
    more = False
    for (series_id,) in await (await connection.execute(_LATE)).fetchall():
        more |= await sealing.take_in_late(connection, series_id)
    more |= await _store_ripe(connection, now - SEALING_AGE, end)
    return (retention_days > 0 and await retention.drop_old(connection, now, retention_days)) or more


async def _store_ripe(connection: psycopg.AsyncConnection, before: int, end: float) -> bool:
    after = 0
    while ripe := await (await connection.execute(_RIPE, (after, SIZE - 1, before))).fetchall():
        for (after,) in ripe:
            while await sealing.store_full(connection, after, before):
                if time.monotonic() > end:
                    return True
    return False

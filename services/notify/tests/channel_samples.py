"""Channels for tests: their samples as the recorder leaves them, and curves as section 12 of the specification has
them, computed from all samples."""

import math
from collections.abc import Iterable
from contextlib import asynccontextmanager
from typing import Any

from kit.app import Service
from notify.channels.curves.domain import bins_of, width_of

Rows = dict[int, float]
SERIES = """
insert into channels.channel_series (backend, name, type, shape, unit)
values (%(backend)s, %(name)s, %(type)s, %(shape)s, 'm')
on conflict (backend, name, type) do update set shape = excluded.shape returning id"""
LOCK = "select sealed_until from channels.channel_series where id = %s for no key update"
SAMPLE = """
insert into channels.channel_sample (series_id, ts, pulse_id, number, text, elements, version)
values (%s, %s, %s, %s, %s, %s, 1) on conflict (series_id, ts) do update
set pulse_id = excluded.pulse_id, number = excluded.number, text = excluded.text, elements = excluded.elements"""
LATE = """
insert into channels.late_sample (series_id, ts) values (%s, %s) on conflict do nothing"""
SEEN = """
update channels.channel_series set first_ts = least(first_ts, %s), last_ts = greatest(last_ts, %s) where id = %s"""


@asynccontextmanager
async def connected(service: Service):
    async with service.db.raw() as connection:
        yield connection


async def series(service: Service, name: str, kind: str = "f64", backend: str = "platform", shape: Any = ()) -> int:
    """Returns the id of a channel, which is made when it is not there."""
    given = {"backend": backend, "name": name, "type": kind, "shape": list(shape)}
    async with service.db.raw() as connection:
        row = await (await connection.execute(SERIES, given)).fetchone()
    assert row
    return row[0]


async def record(service: Service, series_id: int, samples: Iterable[tuple]) -> None:
    """Samples are a time, a value (number, text, list, or number with text) and perhaps a pulse id."""
    rows = [_row(series_id, *sample) for sample in samples]
    async with service.db.raw() as connection, connection.transaction(), connection.cursor() as cursor:
        row = await (await connection.execute(LOCK, (series_id,))).fetchone()
        assert row
        await cursor.executemany(SAMPLE.encode(), rows)
        late = [(series_id, sample[1]) for sample in rows if sample[1] < row[0]]
        if late:
            await cursor.executemany(LATE.encode(), late)
        times = [sample[1] for sample in rows]
        await cursor.execute(SEEN.encode(), (min(times), max(times), series_id))


def _row(series_id: int, ts: int, value: Any, pulse: int | None = None) -> tuple:
    number = float(value) if isinstance(value, int | float) else value[0] if isinstance(value, tuple) else None
    text = value if isinstance(value, str) else value[1] if isinstance(value, tuple) else None
    return series_id, ts, pulse, number, text, value if isinstance(value, list) else None


def plain_bins(samples: Rows, begin: int, end: int, num_bins: int) -> dict[int, tuple]:
    """Key → mean, min, max, count of bins that have samples or carry one; times in nanoseconds."""
    width = width_of(begin, end, num_bins)
    found: dict[int, tuple] = {}
    for number in range(*bins_of(begin, end, width)):
        inside = [samples[ts] for ts in sorted(samples) if ts // width == number]
        before = [samples[ts] for ts in sorted(samples) if ts < number * width]
        good = [one for one in inside if math.isfinite(one)]
        key = number * width + width // 2
        if inside:
            mean = math.fsum(good) / len(good) if good else None
            found[key] = (mean, min(good, default=None), max(good, default=None), len(inside))
        elif before:
            found[key] = (before[-1] if math.isfinite(before[-1]) else None, None, None, 0)
    return found

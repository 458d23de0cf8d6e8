"""Sealing, late samples, retention: nothing is lost and nothing doubled."""

import asyncio
import math
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from channel_samples import plain_bins, record, series
from hypothesis import given
from hypothesis import strategies as st
from test_channels_curves import DAY, SECOND, START, curve, same, seal_all, small_chunks

from kit.testing import Caller
from notify.channels.samples import chunks, domain, retention, upkeep
from notify.channels.samples.chunks import columns, decode, encode, rows_of
from notify.channels.samples.store import split

__all__ = ["small_chunks"]
TIMES = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=60, unique=True).map(sorted)
PULSES = st.none() | st.integers(-(2**63), 2**63 - 1)
SEAL = """
import asyncio, sys, psycopg
from notify.channels.samples import upkeep
async def main():
    async with await psycopg.AsyncConnection.connect(sys.argv[1], autocommit=True) as connection:
        while await upkeep.work(connection, int(sys.argv[2])): pass
asyncio.run(main())
"""


@given(TIMES, st.data())
def test_a_chunk_gives_back_what_it_was_made_of(times, data):
    rows = [(ts, data.draw(PULSES), data.draw(st.floats(width=64))) for ts in times]
    found = rows_of(decode(encode(columns(rows))))
    assert [row[:2] for row in found] == [row[:2] for row in rows]
    assert all(a[2] == b[2] or (math.isnan(a[2]) and math.isnan(b[2])) for a, b in zip(found, rows, strict=True))


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(-1e9, 1e9)), min_size=1, max_size=80))
def test_coarser_bins_say_what_their_samples_say(samples):
    rows = [(minute * 60 * SECOND + place, number) for place, (minute, number) in enumerate(sorted(samples))]
    found = dict(domain.coarser(domain.by_minute(rows), 5))
    for number, kept in found.items():
        inside = [one for ts, one in rows if ts // (300 * SECOND) == number]
        assert (kept.n, kept.low, kept.high, kept.last) == (len(inside), min(inside), max(inside), inside[-1])
        assert math.isclose(kept.total, math.fsum(inside), rel_tol=1e-12, abs_tol=1e-6)


@given(st.integers(0, 5000))
def test_pieces_of_a_chunk_are_whole_and_small(count):
    rows = [(ts, None, 0.0) for ts in range(count)]
    assert [row for piece in split(rows) for row in piece] == rows
    assert all(0 < len(piece) <= chunks.SIZE for piece in split(rows))


def test_a_chunk_is_small():
    """Ten million samples have 16 bytes each with indexes and rollups; the payload has at most 11 of them."""
    chance, time, value, rows = random.Random(1), START, 0.0, []
    for place in range(1024):
        time, value = time + 302_400_000 + chance.randrange(-500_000, 500_000), value + chance.gauss(0, 1)
        rows.append((time, place, value))
    assert len(encode(columns(rows))) / 1024 < 11


@pytest_asyncio.fixture
async def service_seals_nothing(running) -> AsyncIterator[None]:
    """Another process has the work that the service does every half minute."""
    async with running.db.raw() as connection:
        await connection.execute("select pg_advisory_lock(%s)", (upkeep.LOCK,))
        yield
        await connection.execute("select pg_advisory_unlock(%s)", (upkeep.LOCK,))


async def test_a_sealer_that_is_killed_loses_and_doubles_nothing(
    running, settings, caller: Caller, service_seals_nothing
):  # fmt: skip
    number = await series(running, "killed/one")
    samples = [(START + place * SECOND, place * 0.5, place) for place in range(3000)]
    await record(running, number, samples)
    for point, code in (("channels.sealing", -9), ("", 0)):
        command = [sys.executable, "-c", SEAL, settings.database_url.get_secret_value(), str(START + DAY)]
        ended = await asyncio.to_thread(
            subprocess.run, command, env={**os.environ, "FAIRWAY_FAILPOINTS": point}, timeout=60
        )
        assert ended.returncode == code
        found = await curve(caller, "killed/one", START - SECOND, START + 3000 * SECOND)
        rows = list(zip(found.keys, found.values, found.pulses, strict=True))
        assert rows == samples
    async with running.db.raw() as connection:
        counted = "select sum(n), count(*) from channels.sealed_chunk where series_id = %s"
        assert await (await connection.execute(counted, (number,))).fetchone() == (2048, 2)
        left = "select count(*) from channels.channel_sample where series_id = %s"
        assert await (await connection.execute(left, (number,))).fetchone() == (3000 - 2048,)


async def test_closed_bins_stay_and_no_extreme_is_lost_while_samples_arrive(running, caller: Caller, small_chunks):
    """At any zoom, while the same samples are rows, then chunks and rollups; a late sample changes its own bin only."""
    number, chance = await series(running, "arriving/one"), random.Random(5)
    samples, time, seen = dict[int, float](), START, dict[tuple, tuple]()
    zooms = ((START, START + 4 * 3600 * SECOND, 3), (START, START + 2 * DAY, 40), (START, START + 600 * SECOND, 100))
    for step in range(14):
        batch = {(time := time + chance.randrange(1, 120) * SECOND): chance.gauss(0, 1) for _ in range(12)}
        batch[time] = 1000.0 + step
        await record(running, number, batch.items())
        samples |= batch
        if step % 3 == 2:
            await seal_all(running)
        for begin, end, bins in zooms:
            found = await curve(caller, "arriving/one", begin, end, bins)
            same(found, plain_bins(samples, begin, end, bins))
            _check_extremes(found, samples)
            rows = zip(found.keys, found.counts, found.mins, found.maxs, strict=True)
            closed = {(bins, key): rest for key, *rest in rows if key + found.interval / 2 <= time}
            assert {key: seen[key] for key in closed if key in seen} == {
                key: closed[key] for key in closed if key in seen
            }
            seen |= closed
    late = START + 61 * SECOND + 1
    await record(running, number, [(late, -5000.0)])
    samples[late] = -5000.0
    for fold in (False, True):
        if fold:
            await seal_all(running)
        for begin, end, bins in zooms:
            found = await curve(caller, "arriving/one", begin, end, bins)
            same(found, plain_bins(samples, begin, end, bins))
            assert min(low for low in found.mins if low is not None) == -5000.0


def _check_extremes(found, samples) -> None:
    inside = [one for ts, one in samples.items() if ts < found.keys[-1] + found.interval / 2]
    assert min(one for one in found.mins if one is not None) == min(inside)
    assert max(one for one in found.maxs if one is not None) == max(inside)


@pytest.mark.parametrize("kind", ["chunks", "rows", "arrays"])
async def test_dropped_samples_stay_in_rollups(running, caller: Caller, kind: str):
    number, chance = await series(running, f"dropped/{kind}", shape=[1] if kind == "arrays" else []), random.Random(3)
    count = 3000 if kind == "chunks" else 40
    rows = {START // DAY * DAY + place * 3 * DAY // count: chance.gauss(0, 1) for place in range(count)}
    await record(running, number, [(ts, [one] if kind == "arrays" else one) for ts, one in rows.items()])
    now, window = START // DAY * DAY + 4 * DAY, (START // DAY * DAY, START // DAY * DAY + 3 * DAY)
    if kind == "chunks":
        await seal_all(running)
    wanted = plain_bins(rows, *window, 20)
    same(await curve(caller, f"dropped/{kind}", *window, 20), wanted)
    await record(running, number, [(window[0] + DAY + 1, [99.0] if kind == "arrays" else 99.0)])
    rows[window[0] + DAY + 1] = 99.0
    for _ in range(2):
        async with running.db.raw() as connection:
            await upkeep.work(connection, now)
            while await retention.drop_old(connection, now, 2):
                pass
        found = await curve(caller, f"dropped/{kind}", *window, 20)
        same(found, plain_bins(rows, *window, 20))
        raw = await curve(caller, f"dropped/{kind}", *window)
        assert raw.keys == [ts for ts in sorted(rows) if ts >= window[0] + 2 * DAY]
        late = window[0] + 5 * SECOND
        await record(running, number, [(late, 5.0)])

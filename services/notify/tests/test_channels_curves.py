"""Curves, from samples through chunks and rollups."""

import math
import random
from typing import Any

import pytest
from channel_samples import plain_bins, record, series

from contracts.notify.channels import CurveSlice, GetCurve
from kit.testing import Caller
from notify.channels.curves import points, queries
from notify.channels.samples import chunks, sealing, store, upkeep

SECOND, MINUTE = 10**9, 60 * 10**9
START = 1_600_000_000 * SECOND
DAY = 86_400 * SECOND


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """And small slices."""
    for module in (chunks, store, sealing, upkeep):
        monkeypatch.setattr(module, "SIZE", 16)
    monkeypatch.setattr(queries, "BINS", 29)
    monkeypatch.setattr(points, "SLICE", 50)


async def curve(caller: Caller, name: str, begin: int, end: int, bins: int = 0, **more: Any) -> CurveSlice:
    """All slices in one; times in nanoseconds, whole milliseconds."""
    query = GetCurve(channel_name=name, begin_ms=begin // 10**6, end_ms=end // 10**6, num_bins=bins, **more)
    found = CurveSlice.model_validate(await caller.ask(query))
    columns = ("keys", "values", "mins", "maxs", "counts", "pulses", "descs", "arrays")
    part = found
    while part.position:
        part = CurveSlice.model_validate(await caller.ask(query.model_copy(update={"position": part.position})))
        found = part.model_copy(update={name: [*getattr(found, name), *getattr(part, name)] for name in columns})
    return found


async def seal_all(running) -> None:
    async with running.db.raw() as connection:
        while await upkeep.work(connection, START + 4000 * DAY):
            pass


def same(found: CurveSlice, wanted: dict[int, tuple]) -> None:
    assert found.keys == list(wanted)
    rows = zip(found.values, found.mins, found.maxs, found.counts, wanted.values(), strict=True)
    for value, low, high, count, (mean, wanted_low, wanted_high, wanted_count) in rows:
        assert (low, high, count) == (wanted_low, wanted_high, wanted_count)
        assert value == mean if mean is None else math.isclose(value, mean, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("seed", range(4))
async def test_a_curve_is_the_same_however_its_samples_are_stored(running, caller: Caller, small_chunks, seed: int):
    """Rows, chunks, rollups and late samples, at zooms from microseconds to days."""
    chance, samples = random.Random(seed), dict[int, float]()
    number = await series(running, name := f"stored/{seed}")
    time = START
    for step in range(40):
        scale = chance.choice([10**5, SECOND, 20 * SECOND, 30 * MINUTE])
        batch = {}
        for _ in range(chance.randrange(1, 12)):
            time += chance.randrange(1, scale)
            batch[time] = chance.choice([chance.gauss(0, 9), chance.gauss(0, 9), math.nan, math.inf, 1e6])
        if step % 5 == 3:
            batch |= {chance.choice(sorted(samples)): 7.5, START + chance.randrange(time - START): -3.25}
        await record(running, number, batch.items())
        samples |= batch
        if step % 8 == 7:
            await seal_all(running)
    for _ in range(12):
        begin, end = sorted(chance.randrange(START // 10**6 - 10**4, time // 10**6 + 10**5) for _ in range(2))
        if chance.random() < 0.5:
            end = min(end, begin + chance.choice([50, 3_000, 100_000]))
        bins = chance.choice([1, 3, 10, 40])
        found = await curve(caller, name, begin * 10**6, end * 10**6, bins)
        same(found, plain_bins(samples, begin * 10**6, end * 10**6, bins))
        raw = await curve(caller, name, begin * 10**6, end * 10**6)
        assert raw.keys == sorted(ts for ts in samples if begin * 10**6 <= ts < end * 10**6)

"""Curves of ten million samples of one channel: beside DuckDB with one thread, and a plain table.

`python -m stack.bench.curves` measures on a PostgreSQL of its own; `make bench` has the same figures. Both sides are
measured in CPU seconds, the database's included, because other programs share the machine.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from contracts.notify.channels import CurveSlice
from kit.db import migrations
from stack.bench.curves.duckdb_peer import ask_duckdb
from stack.bench.curves.made_samples import WINDOWS, N, bin_width, samples, write_parquet
from stack.bench.curves.stored_samples import store_samples
from stack.bench.curves.timed_queries import ask, ask_cold, ask_plain, ask_warm, processor_time
from stack.bench.rows import Row, middle
from stack.home import Home
from stack.run import up

SIZES = """
select sum(pg_total_relation_size(format('channels.%I', name)))
from unnest(array['sealed_chunk', 'rollup']) name"""


def curves(home: Home) -> list[Row]:
    """All figures of curves."""
    with TemporaryDirectory(prefix="fairway-curves-") as folder, _database(home) as url:
        times, numbers = samples()
        write_parquet(Path(folder), times, numbers)
        series = asyncio.run(store_samples(url, times, numbers))
        return asyncio.run(_measured(home, url, series, ask_duckdb(home, Path(folder))))


async def _measured(home: Home, url: str, series: int, peer: dict[str, Any]) -> list[Row]:
    rows = [row for name in WINDOWS for row in await _of_window(home, url, series, name, peer[name])]
    async with await psycopg.AsyncConnection.connect(url) as connection:
        (size,) = await (await connection.execute(SIZES)).fetchone() or (0,)
    room = Row("room of a sealed sample", round(int(size) / N, 2), "bytes", "<= 16", "chunks, rollups, their indexes")
    return [*rows, room]


async def _of_window(home: Home, url: str, series: int, name: str, peer: dict[str, Any]) -> list[Row]:
    span, theirs = WINDOWS[name], middle(peer["seconds"]) * 1000
    ours, wall = await ask_warm(url, series, span)
    _compare(ours, peer["rows"], bin_width(span))
    used = await processor_time(url, lambda read: ask(read, series, span), 40)
    method = f"{N:,} samples to {len(ours.keys)} bins: {used:.1f} ms CPU with PostgreSQL; {theirs:.1f} ms there"
    bar = ">= 10" if name == "whole range" else ">= 0.667"
    rows = [Row(f"curve of {name}, to DuckDB", round(theirs / used, 2), "x faster", bar, method)]
    if name == "whole range":
        plain = await processor_time(url, lambda read: ask_plain(read, series, span), 2)
        said = f"{plain:.0f} ms CPU there"
        rows.append(Row(f"curve of {name}, to GROUP BY", round(plain / used, 1), "x faster", ">= 100", said))
    cold = middle([await ask_cold(home, url, series, span) for _ in range(3)])
    said = f"{cold:.1f} ms after a restart with empty caches, {wall:.1f} ms warm"
    return [*rows, Row(f"curve of {name}, cold", round(cold / wall, 2), "x warm", "<= 3", said)]


def _compare(ours: CurveSlice, theirs: list[list], width: int) -> None:
    """Raises ValueError where an answer differs: counts and extremes exactly, means by more than 1e-9."""
    for place, (number, mean, low, high, count) in enumerate(theirs):
        exact = (ours.keys[place], ours.mins[place], ours.maxs[place], ours.counts[place])
        value = ours.values[place]
        if (
            exact != (number * width + width // 2, low, high, count)
            or value is None
            or not math.isclose(value, mean, rel_tol=1e-9, abs_tol=1e-9)
        ):
            raise ValueError(f"other figures: {exact} {value} for {theirs[place]}")


@contextmanager
def _database(home: Home) -> Iterator[str]:
    admin = up({"postgres"}, home=home)["FAIRWAY_PG_ADMIN_URL"]
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("drop database if exists bench_curves with (force)")
        connection.execute("create database bench_curves")
    url = make_conninfo(admin, dbname="bench_curves")
    parts = conninfo_to_dict(url)
    url = "postgresql://{user}:{password}@{host}:{port}/{dbname}".format(**{"password": "", **parts})
    migrations.upgrade("notify", url)
    yield url
    with psycopg.connect(up({"postgres"}, home=home)["FAIRWAY_PG_ADMIN_URL"], autocommit=True) as connection:
        connection.execute("drop database bench_curves with (force)")

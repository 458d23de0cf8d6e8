"""Curves of ten million samples of one channel: beside DuckDB with one thread, and a plain table.

`python -m stack.bench.curves` measures on a PostgreSQL of its own; `make bench` has the same figures. Both sides are
measured in CPU seconds, the database's included, because other programs share the machine.
"""

import asyncio
import json
import math
import os
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from rich.console import Console

from contracts.notify.channels import CurveSlice, GetCurve
from contracts.shared import ANONYMOUS
from kit.db import migrations
from kit.db.database import Database
from kit.messaging.tx import ReadTx
from stack.bench.rows import Row, middle, table
from stack.home import Home
from stack.install import environment
from stack.run import down, up

N, DAYS, BINS, ROUNDS = 10_000_000, 35, 1_000, 5
DAY = 86_400 * 10**9
START = 1_700_000_000 // 86_400 * DAY
WINDOWS = {"whole range": (START, START + DAYS * DAY), "one day": (START + 17 * DAY, START + 18 * DAY)}
TICK = os.sysconf("SC_CLK_TCK")
PEER = """
import json, sys, time, duckdb
folder, windows, rounds = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
db = duckdb.connect(folder + "/peer.duckdb", config={"threads": 1})
db.execute("set enable_progress_bar = false")
db.execute(f"create table samples as select * from read_parquet('{folder}/samples.parquet')")
found = {}
for name, (begin, end, width) in windows.items():
    sql = (f"select ts // {width}, avg(number), min(number), max(number), count(*) from samples "
           f"where ts >= {begin} and ts < {end} group by 1 order by 1")
    used = []
    for _ in range(rounds):
        before = time.process_time()
        rows = db.execute(sql).fetchall()
        used.append(time.process_time() - before)
    found[name] = {"seconds": used, "rows": rows}
db.close()
json.dump(found, sys.stdout)
"""
PLAIN = """
select ts / %(width)s, avg(number), min(number), max(number), count(*) from plain
where series_id = %(series)s and ts >= %(begin)s and ts < %(end)s group by 1 order by 1"""
SIZES = """
select sum(pg_total_relation_size(format('channels.%I', name)))
from unnest(array['sealed_chunk', 'rollup']) name"""


def curves(home: Home) -> list[Row]:
    """All figures of curves."""
    with TemporaryDirectory(prefix="fairway-curves-") as folder, _database(home) as url:
        times, numbers = samples()
        _write_parquet(Path(folder), times, numbers)
        series = asyncio.run(_stored(url, times, numbers))
        return asyncio.run(_measured(home, url, series, _peer(home, Path(folder))))


def samples() -> "tuple[np.ndarray, np.ndarray]":
    """Returns times that jitter by a millisecond, and a random walk."""
    chance = np.random.default_rng(12)
    step = DAYS * DAY // N
    times = START + np.arange(N, dtype=np.int64) * step + chance.integers(0, 1_000_000, N)
    return times, np.cumsum(chance.normal(size=N))


def _write_parquet(folder: Path, times: "np.ndarray", numbers: "np.ndarray") -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"ts": times, "number": numbers}), folder / "samples.parquet")


async def _stored(url: str, times: "np.ndarray", numbers: "np.ndarray") -> int:
    """Stores the samples as the sealer leaves them, and in a plain table. Returns the id of the series."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        series = await store_series(connection, times, numbers)
        await _copy_plain(connection, series, times, numbers)
        await connection.execute("vacuum analyze")
    return series


async def store_series(connection: psycopg.AsyncConnection, times: Any, numbers: Any) -> int:
    """Stores the samples as the channel `ten million` of `bench`. Returns the id of the series."""
    found = await connection.execute(
        "insert into channels.channel_series (backend, name, type, first_ts, last_ts)"
        " values ('bench', 'ten million', 'f64', %s, %s) returning id",
        (int(times[0]), int(times[-1])),
    )
    (series,) = await found.fetchone() or (0,)
    await _store_chunks(connection, series, times, numbers)
    return series


async def _store_chunks(connection: psycopg.AsyncConnection, series_id: int, times: Any, numbers: Any) -> None:
    from notify.channels.samples import rollups, store
    from notify.channels.samples.chunks import SIZE, Columns

    await connection.execute("set statement_timeout = 0")
    async with connection.transaction():
        for start in range(0, N, 512 * SIZE):
            places = range(start, min(N, start + 512 * SIZE), SIZE)
            pieces = [
                Columns(_array("q", times[at : at + SIZE]), _array("d", numbers[at : at + SIZE])) for at in places
            ]
            await store.add_chunks(connection, series_id, pieces)
        sealed_until = int(times[-1]) + 1
        statement = "update channels.channel_series set sealed_until = %s where id = %s"
        await connection.execute(statement, (sealed_until, series_id))
        series = store.Series(series_id, sealed_until, 0)
        for day in range(DAYS + 1):
            await rollups.refresh(connection, series, [(START + day * DAY, START + (day + 1) * DAY)])


def _array(kind: str, values: Any) -> Any:
    from array import array

    found = array(kind)
    found.frombytes(values.tobytes())
    return found


async def _copy_plain(connection: psycopg.AsyncConnection, series: int, times: Any, numbers: Any) -> None:
    await connection.execute("create table plain (series_id bigint, ts bigint, number double precision)")
    kinds = [
        ("fields", ">i2"),
        *((f, t) for n in "abc" for f, t in ((f"l{n}", ">i4"), (n, ">f8" if n == "c" else ">i8"))),
    ]
    rows = np.empty(N, np.dtype(kinds))
    rows["fields"], rows["la"], rows["lb"], rows["lc"] = 3, 8, 8, 8
    rows["a"], rows["b"], rows["c"] = series, times, numbers
    async with connection.cursor().copy("copy plain from stdin (format binary)") as copy:
        await copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for at in range(0, N, 100_000):
            await copy.write(rows[at : at + 100_000].tobytes())
        await copy.write(b"\xff\xff")
    await connection.execute("alter table plain add primary key (series_id, ts)")


def _peer(home: Home, folder: Path) -> dict[str, Any]:
    """What DuckDB says and needs."""
    python = environment(home, "peers", "peers.txt") / "bin/python"
    windows = {name: (*span, _width(span)) for name, span in WINDOWS.items()}
    command = [python, "-c", PEER, folder, json.dumps(windows), str(ROUNDS)]
    return json.loads(subprocess.check_output(command))


def _width(span: Sequence[int]) -> int:
    from notify.channels.curves.domain import width_of

    return width_of(span[0], span[1], BINS)


async def _measured(home: Home, url: str, series: int, peer: dict[str, Any]) -> list[Row]:
    rows = [row for name in WINDOWS for row in await _of_window(home, url, series, name, peer[name])]
    async with await psycopg.AsyncConnection.connect(url) as connection:
        (size,) = await (await connection.execute(SIZES)).fetchone() or (0,)
    room = Row("room of a sealed sample", round(int(size) / N, 2), "bytes", "<= 16", "chunks, rollups, their indexes")
    return [*rows, room]


async def _of_window(home: Home, url: str, series: int, name: str, peer: dict[str, Any]) -> list[Row]:
    span, theirs = WINDOWS[name], middle(peer["seconds"]) * 1000
    ours, wall = await _ours(url, series, span)
    _compare(ours, peer["rows"], _width(span))
    used = await _used(url, lambda read: _ask(read, series, span), 40)
    method = f"{N:,} samples to {len(ours.keys)} bins: {used:.1f} ms CPU with PostgreSQL; {theirs:.1f} ms there"
    bar = ">= 10" if name == "whole range" else ">= 0.667"
    rows = [Row(f"curve of {name}, to DuckDB", round(theirs / used, 2), "x faster", bar, method)]
    if name == "whole range":
        plain = await _used(url, lambda read: _plain(read, series, span), 2)
        said = f"{plain:.0f} ms CPU there"
        rows.append(Row(f"curve of {name}, to GROUP BY", round(plain / used, 1), "x faster", ">= 100", said))
    cold = middle([await _cold(home, url, series, span) for _ in range(3)])
    said = f"{cold:.1f} ms after a restart with empty caches, {wall:.1f} ms warm"
    return [*rows, Row(f"curve of {name}, cold", round(cold / wall, 2), "x warm", "<= 3", said)]


@contextmanager
def _reading(url: str) -> Iterator[ReadTx]:
    yield ReadTx(Database(url, pool_min=1, pool_max=1), ANONYMOUS)


async def _ask(read: ReadTx, series: int, span: Sequence[int]) -> CurveSlice:
    from notify.channels.curves.queries import get_curve
    from notify.channels.settings import ChannelSettings

    query = GetCurve(channel_name=str(series), begin_ms=span[0] // 10**6, end_ms=span[1] // 10**6, num_bins=BINS)
    return await get_curve(query, read, ChannelSettings())  # type: ignore[call-arg]


async def _ours(url: str, series: int, span: Sequence[int]) -> tuple[CurveSlice, float]:
    """The answer, and its milliseconds when warm."""
    with _reading(url) as read:
        await read.db.open()
        found, taken = await _ask(read, series, span), list[float]()
        for _ in range(3 * ROUNDS):
            started = time.perf_counter()
            await _ask(read, series, span)
            taken.append(1000 * (time.perf_counter() - started))
        await read.db.close()
    return found, middle(taken)


async def _used(url: str, ask: Callable[[ReadTx], Awaitable[Any]], times: int) -> float:
    """Milliseconds of CPU, those of the database's process included."""
    with _reading(url) as read:
        await read.db.open()
        async with read.db.raw() as connection:
            await connection.execute("set statement_timeout = 0")
            (pid,) = await (await connection.execute("select pg_backend_pid()")).fetchone() or (0,)
        await ask(read)
        before = time.process_time() + _seconds(pid)
        for _ in range(times):
            await ask(read)
        used = time.process_time() + _seconds(pid) - before
        await read.db.close()
    return 1000 * used / times


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def _plain(read: ReadTx, series: int, span: Sequence[int]) -> list[tuple]:
    given = {"width": _width(span), "series": series, "begin": span[0], "end": span[1]}
    async with read.db.raw() as connection:
        return await (await connection.execute(PLAIN, given)).fetchall()


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


async def _cold(home: Home, url: str, series: int, span: Sequence[int]) -> float:
    """Milliseconds of the first answer of a server that was restarted, whose files are in no cache; the connection is
    open before."""
    down(home=home)
    for path in home.path.rglob("base/**/*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    up({"postgres"}, home=home)
    with _reading(url) as read:
        await read.db.open()
        async with read.db.raw() as connection:
            await connection.execute("select 1")
        started = time.perf_counter()
        await _ask(read, series, span)
        taken = 1000 * (time.perf_counter() - started)
        await read.db.close()
    return taken


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


if __name__ == "__main__":
    own = Home(Path(mkdtemp(prefix="fairway-bench-")))
    try:
        Console(width=200).print(table(curves(own)))
    finally:
        down(home=own)

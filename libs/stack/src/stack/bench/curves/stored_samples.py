"""The samples in PostgreSQL: as channels keep them, and in a plain table."""

from typing import Any

import numpy as np
import psycopg

from stack.bench.curves.made_samples import DAY, DAYS, START, N


async def store_samples(url: str, times: np.ndarray, numbers: np.ndarray) -> int:
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

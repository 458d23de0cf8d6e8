"""Curves asked of the owner's code over a connection of its own: how long it takes, also in processor time."""

import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from contracts.notify.channels import CurveSlice, GetCurve
from contracts.shared import ANONYMOUS
from kit.db.database import Database
from kit.messaging.tx import ReadTx
from stack.bench.curves.made_samples import BINS, bin_width
from stack.bench.rows import ROUNDS, middle
from stack.home import Home
from stack.run import down, up

TICK = os.sysconf("SC_CLK_TCK")
PLAIN = """
select ts / %(width)s, avg(number), min(number), max(number), count(*) from plain
where series_id = %(series)s and ts >= %(begin)s and ts < %(end)s group by 1 order by 1"""


@asynccontextmanager
async def _reading(url: str) -> AsyncIterator[ReadTx]:
    db = Database(url, pool_min=1, pool_max=1)
    await db.open()
    yield ReadTx(db, ANONYMOUS)
    await db.close()


async def ask(read: ReadTx, series: int, span: Sequence[int]) -> CurveSlice:
    from notify.channels.curves.queries import get_curve
    from notify.channels.settings import ChannelSettings

    query = GetCurve(channel_name=str(series), begin_ms=span[0] // 10**6, end_ms=span[1] // 10**6, num_bins=BINS)
    return await get_curve(query, read, ChannelSettings())  # type: ignore[call-arg]


async def ask_warm(url: str, series: int, span: Sequence[int]) -> tuple[CurveSlice, float]:
    """The answer, and its milliseconds when warm."""
    async with _reading(url) as read:
        found, taken = await ask(read, series, span), list[float]()
        for _ in range(3 * ROUNDS):
            started = time.perf_counter()
            await ask(read, series, span)
            taken.append(1000 * (time.perf_counter() - started))
    return found, middle(taken)


async def processor_time(url: str, ask: Callable[[ReadTx], Awaitable[Any]], times: int) -> float:
    """Milliseconds of CPU, those of the database's process included."""
    async with _reading(url) as read:
        async with read.db.raw() as connection:
            await connection.execute("set statement_timeout = 0")
            (pid,) = await (await connection.execute("select pg_backend_pid()")).fetchone() or (0,)
        await ask(read)
        before = time.process_time() + _seconds(pid)
        for _ in range(times):
            await ask(read)
        used = time.process_time() + _seconds(pid) - before
    return 1000 * used / times


def _seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


async def ask_plain(read: ReadTx, series: int, span: Sequence[int]) -> list[tuple]:
    given = {"width": bin_width(span), "series": series, "begin": span[0], "end": span[1]}
    async with read.db.raw() as connection:
        return await (await connection.execute(PLAIN, given)).fetchall()


async def ask_cold(home: Home, url: str, series: int, span: Sequence[int]) -> float:
    """Milliseconds of the first answer of a server that was restarted, whose files are in no cache; the connection is
    open before."""
    down(home=home)
    for path in home.path.rglob("base/**/*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    up({"postgres"}, home=home)
    async with _reading(url) as read:
        async with read.db.raw() as connection:
            await connection.execute("select 1")
        started = time.perf_counter()
        await ask(read, series, span)
        taken = 1000 * (time.perf_counter() - started)
    return taken

"""Samples of channels: how many one recorder stores, and what short writes feel of it.

`python -m stack.bench.intake` measures on a system of its own; `make bench` has the same figures.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import nats
import orjson
import psycopg
from nats.js import JetStreamContext
from rich.console import Console

from contracts.notify.samples import MAX_SAMPLES, SUBJECT
from contracts.streams import CHANNELS, durable
from stack.bench.http_api import AOI
from stack.bench.load import at, client, paced
from stack.bench.rows import Row, middle, table
from stack.bench.system import System, system, two_gateway_workers
from stack.home import Home

MESSAGES, SERIES, ROUNDS = 50, 20, 3
START = 1_700_000_000_000_000_000
MEANWHILE, RATE, SPELL = 20_000, 50, 6
"""Samples a second and writes a second at the same time, and seconds of it."""
LIMIT = 120.0
TICK = os.sysconf("SC_CLK_TCK")


def intake(system: System) -> list[Row]:
    """New samples, then the same again with other values, then writes of areas beside a steady intake."""
    fresh = [_recorded(system, number, 0.5) for number in range(ROUNDS)]
    replaced = [_recorded(system, number, 1.5) for number in range(ROUNDS)]
    idle, busy = asyncio.run(_beside(system))
    method = f"{MESSAGES} messages of {MAX_SAMPLES} samples of {SERIES} channels wait; one recorder"
    cpu = middle([used for _, used in fresh]), middle([used for _, used in replaced])
    return [
        Row("samples stored", middle([rate for rate, _ in fresh]), "samples/s", ">= 70000",
            f"{method}; {cpu[0]:.1f} us CPU each, PostgreSQL included"),
        Row("samples replaced", middle([rate for rate, _ in replaced]), "samples/s", None,
            f"the same with other values; {cpu[1]:.1f} us CPU each"),
        Row("POST AOI beside samples, p50", round(at(busy, 0.5) / at(idle, 0.5), 2), "x", "<= 1.2",
            f"{MEANWHILE} samples/s, {RATE} req/s, to the p50 before: {at(idle, 0.5):.1f} ms"),
    ]  # fmt: skip


def message(number: int, run: int, value: float, size: int = MAX_SAMPLES) -> bytes:
    """Returns the body of one message: its samples follow those of the message before it."""
    places = range(number * size, (number + 1) * size)
    samples = [
        {"name": f"bench-{run}/{n % SERIES}", "ts": START + n * 1_000_000, "value": value + n, "pulse_id": n}
        for n in places
    ]
    return orjson.dumps({"samples": samples})


def _recorded(system: System, run: int, value: float) -> tuple[float, float]:
    """Samples wait while the recorder is stopped; the clock runs from its first fetch to its last acknowledgement,
    which follows the commit. Returns samples a second, and microseconds of CPU for each."""
    recorder = system.daemons["notify"]
    recorder.stop()
    with system.connect("notify") as db:
        rate, used = asyncio.run(_timed(system, run, value, db))
        _check(db, run, value)
    return rate, used


async def _timed(system: System, run: int, value: float, db: psycopg.Connection) -> tuple[float, float]:
    connection = await nats.connect(system.env["NATS__URL"])
    js = connection.jetstream(timeout=30)
    for number in range(MESSAGES):
        await js.publish(SUBJECT, message(number, run, value))
    starting = asyncio.create_task(asyncio.to_thread(system.daemons["notify"].start))
    started = await _until(js, lambda pending, unsettled: pending < MESSAGES or unsettled > 0)
    before = _cpu(system, db)
    ended = await _until(js, lambda pending, unsettled: pending == unsettled == 0)
    await starting
    await connection.close()
    total = MESSAGES * MAX_SAMPLES
    return total / (ended - started), (_cpu(system, db) - before) / total * 1e6


async def _until(js: JetStreamContext, check) -> float:
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        info = await js.consumer_info(CHANNELS.name, durable("notify", "samples"))
        if check(info.num_pending or 0, info.num_ack_pending or 0):
            return time.perf_counter()
        await asyncio.sleep(0.01)
    raise TimeoutError("the recorder took too long")


def _cpu(system: System, db: psycopg.Connection) -> float:
    """Seconds of the recorder and of its database's processes so far."""
    pids = [row[0] for row in db.execute("select pid from pg_stat_activity where datname = current_database()")]
    return sum(_seconds(pid) for pid in [system.daemons["notify"].pid, *pids])


def _seconds(pid: int | None) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def _check(db: psycopg.Connection, run: int, value: float) -> None:
    """Raises ValueError when a sample is missing, doubled or another one."""
    found = db.execute(
        "select count(*), sum(number - pulse_id) from channels.channel_sample join channels.channel_series s"
        " on s.id = series_id where name like %s", (f"bench-{run}/%",),
    ).fetchone()  # fmt: skip
    if found != (MESSAGES * MAX_SAMPLES, MESSAGES * MAX_SAMPLES * value):
        raise ValueError(f"wrong samples: {found}")


async def _beside(system: System) -> tuple[list[float], list[float]]:
    """Returns milliseconds of writes without and with samples."""
    connection = await nats.connect(system.env["NATS__URL"])
    js = connection.jetstream(timeout=30)
    size = MEANWHILE // 10
    bodies = [message(number, ROUNDS, 0.5, size) for number in range(10 * SPELL)]
    async with client(system.token) as http:

        async def write() -> None:
            async with http.post(f"{system.url}/aois/", json=AOI) as answer:
                await answer.read()

        await paced(write, RATE, 2)
        idle = await paced(write, RATE, SPELL)
        waiting = iter(bodies)
        _, busy = await asyncio.gather(
            paced(lambda: js.publish(SUBJECT, next(waiting)), 10, SPELL), paced(write, RATE, SPELL)
        )
    await connection.close()
    return idle, busy


@contextmanager
def own_system() -> Iterator[System]:
    """A system with two gateway workers, for one figure alone."""
    with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        two_gateway_workers(running)
        yield running


if __name__ == "__main__":
    with own_system() as running:
        Console().print(table(intake(running)))

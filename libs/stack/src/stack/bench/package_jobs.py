"""Many jobs that make packages, and what short writes feel of them.

`python -m stack.bench.package_jobs` measures these alone.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from tempfile import mkdtemp
from typing import Any

import psutil
import psycopg
from rich.console import Console

from stack import pids
from stack.bench.http_api import AOI
from stack.bench.load import at, client, paced
from stack.bench.rows import Row, table
from stack.bench.system import System, system, two_gateway_workers
from stack.home import Home
from stack.platform.settings import of_room
from stack.processes import Daemon
from stack.ready import http_ok

USERS, EACH, WORKERS, ROUNDS = 3, 20, 3, 2
JOBS = USERS * EACH
FIRST = 7001
"""Number of the first user."""
RATE, QUIET = 20, 6
"""Writes a second, and seconds of them before and after the jobs of a round."""
LIMIT = 300.0
"""Seconds until all jobs of a round must have ended."""
PROCESSOR = "test_processor.version_1"
NAMES = ["bench" + "".join(letters) for letters in product(ascii_lowercase, repeat=2)][: ROUNDS * JOBS]
WATCHED = ("gateway", "catalog", "postgres", "nats")
WORKER = "bench-packages"
_ADD = """insert into packages.boundaries (name, name_long, admin_level, geometry)
select name, name, '0', ST_Multi(ST_MakeEnvelope(n - 90, 0, n - 89, 1, 4326))
from unnest(%s::text[]) with ordinality as named (name, n)"""
_MADE = """select j.user_id, j.boundary_name, t.status, j.started_at from packages.package_jobs j
join packages.package_tasks t on t.job_id = j.id where j.boundary_name = any(%s) and j.status = 'COMPLETE'
order by j.ended_at"""


@dataclass
class Spell:
    """Writes of some time: milliseconds of each, and seconds of CPU by process."""

    taken: list[float] = field(default_factory=list)
    cpu: Counter[str] = field(default_factory=Counter)

    def milliseconds(self, process: str) -> float:
        """CPU for each write."""
        return 1000 * self.cpu[process] / max(len(self.taken), 1)


@dataclass
class Measured:
    quiet: Spell = field(default_factory=Spell)
    busy: Spell = field(default_factory=Spell)
    seconds: float = 0.0
    made: list[list[tuple[Any, ...]]] = field(default_factory=list)
    """By round, in the order of their ends."""


def many(system: System) -> list[Row]:
    """Each user's jobs are sent at once; each takes a worker for a second. Every area has an outline of its own, so
    that no job takes the files of another."""
    measured = Measured()
    with system.connect("catalog") as db, _workers(system):
        db.execute(_ADD, (NAMES,))
        asyncio.run(_measure(system, db, measured))
    return [*_kept(measured), *_felt(measured)]


def _kept(measured: Measured) -> list[Row]:
    done = [row for made in measured.made for row in made if row[2] == "SUCCESS"]
    late = sum(_out_of_order(made) for made in measured.made)
    begun = sum(_out_of_order(sorted(made, key=lambda row: row[3])) for made in measured.made)
    method = f"{ROUNDS} rounds: {USERS} users, {EACH} jobs of a second each, {WORKERS} workers"
    return [
        Row("package jobs of many users, made", len(done), "jobs", f">= {len(NAMES)}",
            f"{method}: {measured.seconds / ROUNDS:.0f} s a round"),
        Row("package jobs that ended out of the order of their user", late, "jobs", "<= 0", method),
        Row("package jobs that began out of the order of their user", begun, "jobs", "<= 0", method),
        Row("package jobs, lead of one user over another", max(map(_lead, measured.made)), "jobs", "<= 3", method),
    ]  # fmt: skip


def _felt(measured: Measured) -> list[Row]:
    quiet, busy = measured.quiet, measured.busy
    before, beside = (at(sorted(spell.taken), 0.5) for spell in (quiet, busy))
    cpu = ", ".join(f"{name} {quiet.milliseconds(name):.1f} to {busy.milliseconds(name):.1f}" for name in WATCHED)
    return [
        Row("POST AOI beside package jobs, p50", round(beside / before, 2), "x", "<= 1.2",
            f"{RATE} req/s, {before:.1f} to {beside:.1f} ms; ms of CPU for each write: {cpu}"),
        Row("CPU of a package job in the workers", round(busy.cpu[WORKER] / len(NAMES), 3), "s", None,
            f"their children included; {busy.cpu[WORKER] / measured.seconds:.2f} cores"),
    ]  # fmt: skip


@contextmanager
def _workers(system: System) -> Iterator[None]:
    with ExitStack() as started:
        for number in range(WORKERS):
            name = f"{WORKER}-{number}"
            env = of_room(system.home, system.env, "catalog", name)
            ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
            argv = [sys.executable, "-m", "catalog", "worker"]
            daemon = Daemon(name, argv, env={**env, "LOG_LEVEL": "WARNING"}, ready=ready, home=system.home)
            daemon.start()
            started.callback(daemon.stop)
        yield


async def _measure(system: System, db: psycopg.Connection, measured: Measured) -> None:
    """The writes of quiet times, before and after each round, are compared with those beside its jobs."""
    async with client(system.token) as http:

        async def write() -> None:
            async with http.post(f"{system.url}/aois/", json=AOI) as answer:
                await answer.read()

        async def spell(into: Spell, seconds: float) -> None:
            before = _cpu(system)
            into.taken += await paced(write, RATE, seconds)
            into.cpu += _cpu(system) - before

        await paced(write, RATE, 1)
        for number in range(ROUNDS):
            names = NAMES[number * JOBS : (number + 1) * JOBS]
            await spell(measured.quiet, QUIET)
            await _submit(system, names)
            started, made = time.monotonic(), list[tuple[Any, ...]]()
            while len(made) < JOBS and time.monotonic() - started < LIMIT:
                await spell(measured.busy, 1)
                made = db.execute(_MADE, (names,)).fetchall()
            measured.seconds += time.monotonic() - started
            measured.made.append(made)
            await spell(measured.quiet, QUIET)


def _cpu(system: System) -> Counter[str]:
    """Seconds so far, by process with its children; the workers together."""
    found: Counter[str] = Counter()
    for name, process in pids.running(system.home).items():
        about = WORKER if name.startswith(WORKER) else name
        for one in (process, *pids.children(process)):
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            found[about] += times.user + times.system  # type: ignore[assignment]
    return found


async def _submit(system: System, names: list[str]) -> None:
    """One after the other, each when the one before is taken; all jobs of the first user come before those of the
    second."""
    async with client(system.token) as http:
        for place, name in enumerate(names):
            body = {"boundary_name": name, "processors": [PROCESSOR], "notify": False}
            person = {"X-Dev-User": f"{FIRST + place // EACH}:bench{place // EACH}"}
            async with http.post(f"{system.url}/jobs", json=body, headers=person) as answer:
                await answer.read()


def _out_of_order(made: list[tuple[Any, ...]]) -> int:
    """Jobs that come after a job of the same user which was sent later."""
    late = 0
    for user in {row[0] for row in made}:
        places = [NAMES.index(row[1]) for row in made if row[0] == user]
        late += sum(place < max(places[:number], default=-1) for number, place in enumerate(places))
    return late


def _lead(made: list[tuple[Any, ...]]) -> int:
    """The most jobs that one user had ended more than another who still waited."""
    lead, ended = 0, dict.fromkeys(range(FIRST, FIRST + USERS), 0)
    for user, *_ in made:
        ended[user] += 1
        waiting = [count for count in ended.values() if count < EACH]
        lead = max(lead, max(ended.values()) - min(waiting, default=max(ended.values())))
    return lead


if __name__ == "__main__":
    with system(Home(Path(mkdtemp(prefix="fairway-bench-")))) as running:
        two_gateway_workers(running)
        Console(width=220).print(table(many(running)))

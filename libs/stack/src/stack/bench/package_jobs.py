"""Many jobs that make packages, and what short writes feel of them."""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import product
from string import ascii_lowercase
from typing import Any

import nats
import psycopg

from contracts.catalog.package_jobs import JobArea, SubmitPackageJob
from contracts.shared import Actor
from kit.messaging.envelope import headers_of, new_id
from stack.bench.http_api import AOI
from stack.bench.load import at, client, paced
from stack.bench.rows import Row
from stack.bench.system import System
from stack.platform.settings import of_room
from stack.processes import Daemon
from stack.ready import http_ok

USERS, EACH, WORKERS = 3, 20, 3
RATE, BEFORE = 20, 5
"""Writes a second, and seconds of them before the first job."""
LIMIT = 300.0
"""Seconds until all jobs must have ended."""
PROCESSOR = "test_processor.version_1"
NAMES = ["bench" + "".join(letters) for letters in product(ascii_lowercase, repeat=2)][: USERS * EACH]
_ADD = """insert into packages.boundaries (name, name_long, admin_level, geometry)
select name, name, '0', ST_Multi(ST_MakeEnvelope(0, 0, 1, 1, 4326)) from unnest(%s::text[]) as name"""
_MADE = """select j.user_id, j.boundary_name, t.status from packages.package_jobs j
join packages.package_tasks t on t.job_id = j.id where j.boundary_name = any(%s) and j.status = 'COMPLETE'
order by j.ended_at"""


def many(system: System) -> list[Row]:
    """Each user's jobs are sent at once; each takes a worker for a second."""
    with system.connect("catalog") as db, _workers(system):
        db.execute(_ADD, (NAMES,))
        idle, busy, seconds = asyncio.run(_measure(system, db))
        made = db.execute(_MADE, (NAMES,)).fetchall()
    done = [row for row in made if row[2] == "SUCCESS"]
    method = f"{USERS} users, {EACH} jobs of a second each, {WORKERS} workers"
    return [
        Row("package jobs of many users, made", len(done), "jobs", f">= {len(NAMES)}", f"{method}: {seconds:.0f} s"),
        Row("package jobs out of the order of their user", _out_of_order(made), "jobs", "<= 0", method),
        Row("package jobs, lead of one user over another", _lead(made), "jobs", "<= 3", method),
        Row("POST AOI beside package jobs, p50", round(at(busy, 0.5) / at(idle, 0.5), 2), "x", "<= 1.2",
            f"{RATE} req/s, to the p50 before: {at(idle, 0.5):.1f} ms"),
    ]  # fmt: skip


@contextmanager
def _workers(system: System) -> Iterator[None]:
    with ExitStack() as started:
        for number in range(WORKERS):
            env = of_room(system.home, system.env, "catalog", f"bench-packages-{number}")
            ready = http_ok(f"http://127.0.0.1:{env['HTTP__PORT']}/readyz")
            argv = [sys.executable, "-m", "catalog", "worker"]
            daemon = Daemon(f"bench-packages-{number}", argv, env={**env, "LOG_LEVEL": "WARNING"}, ready=ready,
                            home=system.home)  # fmt: skip
            daemon.start()
            started.callback(daemon.stop)
        yield


async def _measure(system: System, db: psycopg.Connection) -> tuple[list[float], list[float], float]:
    """Milliseconds of the writes before and meanwhile, and seconds until the last job."""
    async with client(system.token) as http:

        async def write() -> None:
            async with http.post(f"{system.url}/aois/", json=AOI) as answer:
                await answer.read()

        await paced(write, RATE, 1)
        idle = await paced(write, RATE, BEFORE)
        await _submit(system)
        started, busy = time.monotonic(), list[float]()
        while len(db.execute(_MADE, (NAMES,)).fetchall()) < len(NAMES) and time.monotonic() - started < LIMIT:
            busy += await paced(write, RATE, 1)
        return idle, sorted(busy), time.monotonic() - started


async def _submit(system: System) -> None:
    """All jobs of the first user come before those of the second."""
    bus = await nats.connect(system.env["NATS__URL"])
    for place, name in enumerate(NAMES):
        command = SubmitPackageJob(area=JobArea(boundary_name=name), processors=[PROCESSOR], notify=False)
        actor, command_id = Actor(id=1 + place // EACH, username="bench"), new_id()
        headers = headers_of(command, "gateway", actor, command_id)
        await bus.jetstream().publish(command.subject(command_id), command.model_dump_json().encode(), headers=headers)
    await bus.close()


def _out_of_order(made: list[tuple[Any, ...]]) -> int:
    """Jobs that ended after a job of the same user which was sent later."""
    late = 0
    for user in {row[0] for row in made}:
        places = [NAMES.index(row[1]) for row in made if row[0] == user]
        late += sum(place < max(places[:number], default=-1) for number, place in enumerate(places))
    return late


def _lead(made: list[tuple[Any, ...]]) -> int:
    """The most jobs that one user had ended more than another who still waited."""
    lead, ended = 0, dict.fromkeys(range(1, USERS + 1), 0)
    for user, *_ in made:
        ended[user] += 1
        waiting = [count for count in ended.values() if count < EACH]
        lead = max(lead, max(ended.values()) - min(waiting, default=max(ended.values())))
    return lead

"""A Fairway of its own for the bench: NATS, PostgreSQL with fsync, one process per service, two gateway workers under
load."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg

from stack import run as servers
from stack.home import Env, Home
from stack.platform import run
from stack.platform.settings import public_url
from stack.preforked.daemons import parent
from stack.processes import Daemon

UNFINISHED = dict.fromkeys(
    ("TRAINING_UNFINISHED_LIMIT", "AUTOPKG_UNFINISHED_LIMIT", "AUTOPKG_JOBS_PER_MINUTE"), "100000"
)
"""The worker of the figure for starts only says that it was reached: its trainings never end."""
RATES = dict.fromkeys(
    (f"{whose}_RATE_LIMIT"
     for whose in ("USER", "ANON", "TRAINING", "PREDICTION", "RESULT", "WEBHOOK", "BYTE", "PACKAGES", "LABELLING",
                   "IMAGE", "POLLING", "DASHBOARDS", "SAMPLES")),
    "100000000/s",
)  # fmt: skip
STREAMS = {"CHANNEL_STREAMS_PER_READER": "1000"}


@dataclass
class System:
    home: Home
    env: Env
    daemons: dict[str, Daemon]

    @property
    def url(self) -> str:
        return public_url(self.home)

    @cached_property
    def token(self) -> str:
        return self.home.secret("dev-token")

    def connect(self, room: str) -> psycopg.Connection:
        return psycopg.connect(self.env[f"DATABASE_URL_{room.upper()}"], autocommit=True)


@contextmanager
def system(home: Home, together: bool = False) -> Iterator[System]:
    """The five services without workers, each by itself or all forked by one parent; everything that was started is
    stopped at the end, however it comes."""
    try:
        if together:
            parent(home).start()
        env = servers.up({"nats", "postgres", "s3", "stac"}, home=home)
        daemons = {room: _service(home, env, room) for room in run.ROOMS}
        yield System(home, env, daemons)
    finally:
        servers.down(home=home)


def _service(home: Home, env: Env, room: str) -> Daemon:
    run.prepare(home, env, room)
    daemon = run.service(home, env, room)
    daemon.env = {**daemon.env, **(RATES | STREAMS if room == "gateway" else {}), **UNFINISHED, "LOG_LEVEL": "WARNING"}
    return daemon.start()


def two_gateway_workers(running: System) -> None:
    """For the figures under load; one is idle memory's."""
    gateway = running.daemons["gateway"]
    gateway.stop()
    gateway.env = {**gateway.env, "GATEWAY_WORKERS": "2"}
    gateway.start()


def idle_memory(running: System) -> tuple[float, float]:
    """Proportional and resident megabytes of the five services, and of their parent where they have one."""
    forked = parent(running.home).pid
    used = [memory(pid) for pid in ([forked] if forked else [one.pid for one in running.daemons.values()]) if pid]
    return sum(proportional for proportional, _ in used), sum(resident for _, resident in used)


def memory(pid: int, alone: bool = False) -> tuple[float, float]:
    """Proportional and resident megabytes of a process and its children; shared pages are split among their users."""
    pss = rss = 0.0
    for one in [pid, *([] if alone else _children(pid))]:
        for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            pss += int(value.split()[0]) / 1024 if name == "Pss" else 0
            rss += int(value.split()[0]) / 1024 if name == "Rss" else 0
    return pss, rss


def _children(pid: int) -> list[int]:
    text = "".join(Path(f"/proc/{pid}/task/{task}/children").read_text() for task in os.listdir(f"/proc/{pid}/task"))
    found = [int(child) for child in text.split()]
    return found + [grandchild for child in found for grandchild in _children(child)]

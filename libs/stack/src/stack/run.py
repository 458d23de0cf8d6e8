"""Brings all backing servers up and down. Independent ones start at the same time."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import psutil

from stack import install, nats, pids, postgres, s3, stac, zenml
from stack.home import Env, Home
from stack.preforked import PARENT
from stack.servers import Ask

SERVERS: dict[str, Callable[[Home, Ask], Env]] = {
    "nats": nats.up,
    "postgres": postgres.up,
    "s3": s3.up,
    "stac": stac.up,
    "zenml": zenml.up,
}
NEEDS = {"stac": {"postgres"}, "zenml": {"s3"}}

Progress = Callable[[str, float], None]
"""Called with a server's name and the seconds it took, from the thread that started it."""


@dataclass(frozen=True)
class ServerStatus:
    pid: int
    seconds_up: float
    megabytes: float
    """resident memory, children included; shared pages count in each"""


def up(only: set[str] | None = None, progress: Progress | None = None, home: Home | None = None) -> Env:
    """Starts what is not running and returns the environment for the five services. The servers outlive the caller.

    `only` names servers; those that they need come with them. A server whose address is in the environment is used.
    """
    home = home or Home.default()
    wanted = _with_needs(set(SERVERS) if only is None else only)
    with home.locked("up"), ThreadPoolExecutor(len(SERVERS)) as pool:
        install.packages(wanted)
        futures: dict[str, Future[Env]] = {}
        for name in SERVERS:  # what is needed is listed before what needs it
            if name in wanted:
                futures[name] = pool.submit(_timed, name, home, lambda other: futures[other].result(), progress)
        offers = [future.result() for future in futures.values()]
    env = {key: value for offer in offers for key, value in offer.items()}
    with home.remember() as memory:
        memory["env"] = {**memory.get("env", {}), **env}
    return env


def down(progress: Progress | None = None, home: Home | None = None) -> None:
    """Stops every daemon of the home in the reverse order of their starts. First goes the parent of all rooms, which
    ends them at once."""
    home = home or Home.default()
    with home.locked("up"):
        backwards = list(reversed(pids.running(home)))
        for name in sorted(backwards, key=lambda name: name != PARENT):
            start = time.monotonic()
            pids.stop(home, name)
            if progress:
                progress(name, time.monotonic() - start)


def status(home: Home | None = None) -> dict[str, ServerStatus]:
    """The living daemons of the home."""
    return {name: _status(process) for name, process in pids.running(home or Home.default()).items()}


def _with_needs(names: set[str]) -> set[str]:
    if unknown := names - SERVERS.keys():
        raise ValueError(f"unknown server {', '.join(sorted(unknown))}; there are {', '.join(SERVERS)}")
    return names.union(*(NEEDS.get(name, set()) for name in names))


def _timed(name: str, home: Home, ask: Ask, progress: Progress | None) -> Env:
    start = time.monotonic()
    env = SERVERS[name](home, ask)
    if progress:
        progress(name, time.monotonic() - start)
    return env


def _status(process: psutil.Process) -> ServerStatus:
    rss = sum(pids.resident(one) for one in (process, *pids.children(process)))
    return ServerStatus(process.pid, time.time() - process.create_time(), rss / 1e6)

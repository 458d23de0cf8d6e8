"""Daemons found again by what `stack.json` recorded of them, so that a recycled pid is never taken for one of ours."""

import signal

import psutil
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from stack.home import Home
from stack.preforked import wanted


def record(home: Home, name: str, pid: int, stop_signal: int) -> None:
    """Last in the table, which is in order of start."""
    with home.remember() as memory:
        table = memory.setdefault("processes", {})
        table.pop(name, None)
        table[name] = {"pid": pid, "born": _born(pid), "signal": stop_signal}


def find(home: Home, name: str) -> psutil.Process | None:
    """The living daemon of that name, or the living child of the parent of all rooms."""
    return _forked(home, name) or _recorded(home, name)


def running(home: Home) -> dict[str, psutil.Process]:
    """All living daemons by name, in order of start; the children of the parent of all rooms last."""
    names = [*home.recall().get("processes", {}), *wanted.running(wanted.folder_of(home))]
    found = {name: find(home, name) for name in names}
    return {name: process for name, process in found.items() if process}


def stop(home: Home, name: str, patience: float = 30) -> None:
    """Ends a daemon politely, after `patience` seconds by force, and forgets it; its children too."""
    wanted.remove(wanted.folder_of(home), name)
    if process := find(home, name):
        family = [process, *children(process)]
        process.send_signal(home.recall().get("processes", {}).get(name, {}).get("signal", signal.SIGTERM))
        _wait_gone([process], patience)
        kill(family)
    with home.remember() as memory:
        memory.get("processes", {}).pop(name, None)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _wait_gone(processes, 10)


def children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def resident(process: psutil.Process) -> int:
    """Resident bytes; none of a process that has just ended."""
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


def _wait_gone(processes: list[psutil.Process], limit: float) -> None:
    waiting = Retrying(retry=retry_if_result(bool), stop=stop_after_delay(limit), wait=wait_fixed(0.02))
    try:
        waiting(lambda: [process for process in processes if process.is_running() and _living(process.pid)])
    except RetryError:
        return


def _living(pid: int) -> psutil.Process | None:
    """A zombie whose parent is slow to bury it counts as gone."""
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _recorded(home: Home, name: str) -> psutil.Process | None:
    entry = home.recall().get("processes", {}).get(name)
    if entry is None or _born(entry["pid"]) != entry["born"]:
        return None
    return _living(entry["pid"])


def _forked(home: Home, name: str) -> psutil.Process | None:
    """A process that took the pid of a child has another parent."""
    pid, parent = wanted.started(wanted.folder_of(home), name) or (0, 0)
    process = _living(pid) if pid else None
    return process if process and process.ppid() == parent else None


def _born(pid: int) -> float | None:
    """Seconds between the machine's boot and the birth, so that setting the clock does not change it."""
    try:
        return round(psutil.Process(pid).create_time() - psutil.boot_time(), 1)
    except psutil.NoSuchProcess:
        return None

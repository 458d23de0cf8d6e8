"""Named daemons: they outlive the process that started them and are found again by their recorded pid."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from stack.home import Home, StackError


class NotReady(StackError):
    """A server ended or stayed silent beyond its limit; the message carries the end of its log."""


@dataclass
class Daemon:
    """`env` is added to the caller's environment. `ready` is asked until it answers True; an exception counts as "not yet".

    `stop_signal` is the polite one; what is still alive after `patience` seconds is killed, children included.
    """

    name: str
    argv: Sequence[str | Path]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    limit: float = 60
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    home: Home = field(default_factory=Home.default)

    def start(self) -> "Daemon":
        """Returns once the daemon is ready; one that is already running is kept. Raises NotReady."""
        if find(self.home, self.name) is None:
            self._spawn()
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        waiting = Retrying(retry=retry_if_result(lambda ok: not ok), stop=stop_after_delay(self.limit), wait=wait_fixed(0.05))
        try:
            waiting(self._asked)
        except RetryError:
            raise NotReady(f"{self.name} was not ready within {self.limit:.0f} s.\n{self._log_end()}") from None

    def stop(self, patience: float = 30) -> None:
        stop(self.home, self.name, patience)

    def kill(self) -> None:
        """SIGKILL to the daemon and all its children at once, as when a machine loses them."""
        if process := find(self.home, self.name):
            _kill([process, *_children(process)])

    @property
    def pid(self) -> int | None:
        process = find(self.home, self.name)
        return process.pid if process else None

    def _spawn(self) -> None:
        with self.home.log(self.name).open("ab") as log:
            child = subprocess.Popen(
                [str(part) for part in self.argv], env={**os.environ, **self.env}, cwd=self.cwd or self.home.path,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )
        threading.Thread(target=child.wait, daemon=True).start()  # reaps it, so that a dead daemon is never a zombie
        with self.home.remember() as memory:
            table = memory.setdefault("processes", {})
            table.pop(self.name, None)  # the table is in order of start
            table[self.name] = {"pid": child.pid, "born": _born(child.pid), "signal": int(self.stop_signal)}

    def _asked(self) -> bool:
        if find(self.home, self.name) is None:
            raise NotReady(f"{self.name} ended while starting.\n{self._log_end()}")
        try:
            return self.ready is None or self.ready()
        except Exception:
            return False

    def _log_end(self, lines: int = 15) -> str:
        log = self.home.log(self.name)
        return "\n".join([f"The end of {log}:", *log.read_text(errors="replace").splitlines()[-lines:]])


def find(home: Home, name: str) -> psutil.Process | None:
    """The living daemon of that name. A pid that now belongs to another process, by time of birth, does not count."""
    record = home.recall().get("processes", {}).get(name)
    if record is None or _born(record["pid"]) != record["born"]:
        return None
    return _living(record["pid"])


def running(home: Home) -> dict[str, psutil.Process]:
    """All living daemons by name, in order of start."""
    found = {name: find(home, name) for name in home.recall().get("processes", {})}
    return {name: process for name, process in found.items() if process}


def stop(home: Home, name: str, patience: float = 30) -> None:
    """Ends a daemon politely, then by force, and forgets it. Nothing happens when it is not running."""
    process = find(home, name)
    if process:
        family = [process, *_children(process)]
        process.send_signal(home.recall()["processes"][name]["signal"])
        psutil.wait_procs([process], timeout=patience)
        _kill(family)
    with home.remember() as memory:
        memory.get("processes", {}).pop(name, None)


def _kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=10)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _living(pid: int) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process
    except psutil.NoSuchProcess:
        return None


def _born(pid: int) -> Any:
    """Time of birth counted from the machine's boot, so that setting the clock does not change it."""
    try:
        return round(psutil.Process(pid).create_time() - psutil.boot_time(), 1)
    except psutil.NoSuchProcess:
        return None

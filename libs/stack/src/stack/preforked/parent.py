"""Keeps a process for each file of the folder: starts anew what crashed, ends what is no longer wanted."""

import logging
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from stack.preforked import wanted
from stack.preforked.child import become
from stack.preforked.own_metrics import Metrics

log = logging.getLogger("stack.preforked")
EVERY = 0.25
"""Seconds between two looks at the folder; the end of a child is noticed at once."""
SHORTEST_LIFE = 2.0
"""A child that dies sooner is started anew after a pause, so that a broken one does not restart in a tight loop."""
GRACE = 30.0
"""Seconds that a child has for its end."""
FORK = multiprocessing.get_context("fork")
ENDS = (signal.SIGTERM, signal.SIGINT)


@dataclass
class Running:
    process: BaseProcess
    version: int
    """Of its file."""
    born: float = field(default_factory=time.monotonic)
    killed_at: float | None = None
    """When its patience ends, once it was asked to end."""

    def end(self) -> None:
        """Asks it to end, the first time; kills it when it takes too long."""
        if self.killed_at is None:
            self.killed_at = time.monotonic() + GRACE
            self.process.terminate()
        elif time.monotonic() > self.killed_at:
            self.process.kill()


class Parent:
    """`metrics` are those that one room alone has."""

    def __init__(self, folder: Path, metrics: dict[str, Metrics]) -> None:
        self.folder, self.metrics = folder, metrics
        self.ending = False
        self.running: dict[str, Running] = {}
        self.not_before: dict[str, float] = {}

    def run(self) -> None:
        """Runs until SIGTERM or SIGINT, and then until the last child has ended."""
        for number in ENDS:
            signal.signal(number, self._end)
        while self.running or not self.ending:
            self._reap_dead()
            self._follow(set() if self.ending else wanted.names(self.folder))
            wait([one.process.sentinel for one in self.running.values()], EVERY)

    def _end(self, *_: object) -> None:
        self.ending = True

    def _reap_dead(self) -> None:
        for name in [name for name, one in self.running.items() if not one.process.is_alive()]:
            self._reap(name)

    def _follow(self, names: set[str]) -> None:
        for name in self.running.keys() - names:
            self.running[name].end()
        for name in sorted(names - self.running.keys()):
            if time.monotonic() >= self.not_before.get(name, 0):
                self._start(name)

    def _reap(self, name: str) -> None:
        """What is to run once has done so; what is kept, and still wanted, will be started anew."""
        gone = self.running.pop(name)
        self.not_before[name] = gone.born + SHORTEST_LIFE
        if wanted.is_kept(self.folder, name):
            log.warning("%s ended with %s", name, gone.process.exitcode)
        else:
            wanted.remove(self.folder, name)
            self.not_before.pop(name)
        wanted.record_end(self.folder, name, gone.version, gone.process.exitcode)

    def _start(self, name: str) -> None:
        """No signal of the end comes between the fork and the child's own way to take it."""
        version = wanted.version(self.folder, name)
        process = FORK.Process(target=become, args=(self.folder, name, self.metrics), name=name)
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
        self.running[name] = Running(process, version)
        wanted.record_start(self.folder, name, process.pid or 0)


def threads() -> int:
    """Those of libraries written in C too. A fork copies none of them, and the locks that they hold for ever."""
    return len(os.listdir("/proc/self/task"))

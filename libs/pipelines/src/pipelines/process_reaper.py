"""A thread that waits for a group of processes and keeps account of it."""

import asyncio
import ctypes
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

from pipelines.process_usage import RSS_UNIT, ProcessUsage, Sample, cpu_seconds, sample

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_INTERVAL = 2.0
"""Seconds between two looks at memory and devices."""


def become_subreaper() -> None:
    """Makes this process the parent of what its children leave behind, so that it can be waited for. Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class ProcessReaper:
    """For a child that leads a process group. `code` is its exit code, negative for a signal; by then all processes of
    the group are dead and waited for, and `usage` is final."""

    def __init__(self, leader: int) -> None:
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.usage = ProcessUsage()
        self.begun = False
        """Whether the child does what it is for. Before, nobody looks at its memory."""
        self._leader = leader
        Thread(target=self._run, args=(asyncio.get_running_loop(),), daemon=True, name="reaper").start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watch()
        code = self._reap()
        with suppress(RuntimeError):  # the loop is closed, so nobody waits
            loop.call_soon_threadsafe(self._set_code, code)

    def _set_code(self, code: int) -> None:
        if not self.code.done():
            self.code.set_result(code)

    def _watch(self) -> None:
        """Returns when the leader has ended, or at once where the kernel offers no handle of a process."""
        if not hasattr(os, "pidfd_open"):
            return
        handle = os.pidfd_open(self._leader)
        try:
            ended = select.poll()
            ended.register(handle, select.POLLIN)
            self._sample_until(lambda: bool(ended.poll(SAMPLE_INTERVAL * 1000)))
        finally:
            os.close(handle)

    def _sample_until(self, has_ended: Callable[[], bool]) -> None:
        last = time.monotonic()
        while not has_ended():
            now = time.monotonic()
            if self.begun:
                self.usage = _grown(self.usage, sample(self._leader), now - last)
            last = now

    def _reap(self) -> int:
        """The leader stays a zombie until the rest of its group is killed, so that its number is not given to another
        process meanwhile."""
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self._leader, os.WEXITED | os.WNOWAIT)
            kill_group(self._leader)
        _, status, used = os.wait4(self._leader, 0)
        kill_group(self._leader)
        cpu, largest = cpu_seconds(used), used.ru_maxrss * RSS_UNIT
        with suppress(ChildProcessError):
            while True:
                cpu += cpu_seconds(os.wait4(-self._leader, 0)[2])
        self.usage = ProcessUsage(cpu, self.usage.gpu_seconds, self.usage.peak_memory or largest)
        return os.waitstatus_to_exitcode(status)


def kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _grown(usage: ProcessUsage, seen: Sample, seconds: float) -> ProcessUsage:
    return ProcessUsage(
        max(usage.cpu_seconds, seen.cpu_seconds),
        usage.gpu_seconds + seconds * len(seen.devices),
        max(usage.peak_memory, seen.memory),
    )

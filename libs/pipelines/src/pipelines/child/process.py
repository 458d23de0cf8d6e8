"""Process control of the child: it dies with its parent, handles SIGTERM, and locks the name of its run."""

import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """SIGTERM was received while no step was running."""


def die_with_parent(with_forks: bool = True) -> None:
    """Lets the kernel kill this process, and processes that it forks, when the thread that started it ends.

    FAIRWAY_PARENT is the pid of the parent, which may have ended before this call. Does nothing except on Linux.
    """
    parent = os.environ.get("FAIRWAY_PARENT")
    if parent is None or sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if with_forks:
        os.register_at_fork(after_in_child=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    if os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGKILL)


class Stop:
    """Records that SIGTERM was received. Inside a step ZenML's own handler is called first and ends the step."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        if signal.getsignal(number) == self._handle:
            raise Stopped


def only_one(folder: Path) -> int | None:
    """Locks the run's folder until this process ends. Returns None while another process holds the lock."""
    lock = os.open(folder / "run.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock

"""What makes the process a good child: it dies with its parent, answers SIGTERM, and runs no name twice."""

import ctypes
import fcntl
import os
import signal
import sys
from pathlib import Path
from types import FrameType

PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """SIGTERM came while no step was running."""


def die_with_parent() -> None:
    """SIGKILL for this process when the thread that started it ends, and for every process forked by this one likewise.

    FAIRWAY_PARENT is the pid that was meant: it may be gone before this line. Linux only; elsewhere nothing happens.
    """
    parent = os.environ.get("FAIRWAY_PARENT")
    if parent is None or sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.register_at_fork(after_in_child=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    if os.getppid() != int(parent):
        os.kill(os.getpid(), signal.SIGKILL)


class Stop:
    """Remembers that SIGTERM was received. Inside a step ZenML's own handler comes first and ends the step."""

    def __init__(self) -> None:
        self.requested = False
        signal.signal(signal.SIGTERM, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.requested = True
        if signal.getsignal(number) == self._handle:
            raise Stopped


def only_one(folder: Path) -> int | None:
    """A lock on the run's folder, released by the system when this process dies; None while another one holds it."""
    lock = os.open(folder / "run.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock

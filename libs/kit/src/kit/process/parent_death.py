"""Ending a child process when its parent ends."""

import ctypes
import signal

_PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """Makes the kernel send this process a signal when its parent ends. Linux only; elsewhere an orphan ends with its
    work."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    except (OSError, AttributeError):
        return

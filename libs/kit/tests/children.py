"""What the children of test_subprocesses do; also run alone, on other Pythons, by `tests/machine`."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path


def size(content: bytes) -> int:
    return len(content)


def sleep_after(pid_file: str, seconds: float) -> None:
    Path(pid_file).write_text(str(os.getpid()))
    time.sleep(seconds)


def allocate(size: int) -> int:
    return len(bytearray(size))


def leave(code: int) -> None:
    os._exit(code)


def leave_politely() -> None:
    sys.exit(3)


def crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def sleep_in_c(seconds: int) -> None:
    """SIGALRM-free sleep that no Python signal handler interrupts: blocked before."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ctypes.CDLL(None).sleep(seconds)


def echo(content: bytes) -> bytes:
    return content


def fail() -> None:
    raise ValueError("no such place")


class Given:
    """An argument."""


def refuse(given: Given) -> None:
    raise ValueError("not this one")

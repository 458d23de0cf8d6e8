"""A lock on a folder that processes of one disk share; it goes with the process that holds it."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from extracts.errors import SourceNotAvailable

INTERVAL = 0.2
"""Seconds between two looks: `flock` cannot be waited for with a limit."""


@contextmanager
def locked(path: Path, seconds: float, waiting: Callable[[], None]) -> Iterator[None]:
    """Holds the lock; SourceNotAvailable when another process has it for longer than `seconds`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        end = time.monotonic() + seconds
        while not _is_taken(file.fileno()):
            waiting()
            if time.monotonic() > end:
                raise SourceNotAvailable("source_busy", "The source is being fetched by another worker for too long.")
            time.sleep(INTERVAL)
        yield


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

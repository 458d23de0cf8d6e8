"""Progress reports of a run, for whichever process started it.

The environment variable FAIRWAY_REPORT names a file or FIFO; without it nothing is written.
One JSON object a line, appended in one write below 4 kB, always with `type` and `time` (seconds since 1970):

    {"type": "epoch", "epoch": 3, "epochs": 20, "train_loss": 0.41, "val_loss": 0.47, ...more numbers}
    {"type": "progress", "done": 12, "total": 256, "stage": "predict"}
    {"type": "metrics", "metrics": {"building_iou": 0.71}}
    {"type": "log", "message": "...", "level": "info"}

`epoch` counts from 1; `done` is the progress of the whole training, 0…1, which counts where a time limit ends the
training before the last epoch. NaN and infinite numbers are written as null. The reader cancels the run by creating
the file `<FAIRWAY_REPORT>.cancel`.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from geoml.jsonable import jsonable

VARIABLE = "FAIRWAY_REPORT"
_listeners: list[Callable[[Mapping], None]] = []


class Cancelled(Exception):
    """The run was cancelled."""


def epoch(epoch: int, epochs: int, **numbers: float | None) -> None:
    """Reports the end of an epoch with its losses and other numbers."""
    _write({"type": "epoch", "epoch": epoch, "epochs": epochs, **numbers})


def progress(done: int, total: int, stage: str) -> None:
    """Reports how many units of a stage are done."""
    _write({"type": "progress", "done": done, "total": total, "stage": stage})


def metrics(values: Mapping[str, float]) -> None:
    """Reports the metrics of a trained model."""
    _write({"type": "metrics", "metrics": dict(values)})


def log(message: str, level: str = "info") -> None:
    """Reports a log message, cut to 2,000 characters."""
    _write({"type": "log", "message": message[:2000], "level": level})


def cancelled() -> bool:
    """Returns whether the reader has cancelled the run."""
    path = os.environ.get(VARIABLE)
    return bool(path) and Path(f"{path}.cancel").exists()


def raise_if_cancelled() -> None:
    """Raises Cancelled when the reader has cancelled the run."""
    if cancelled():
        raise Cancelled("the run was cancelled")


@contextmanager
def listening(listener: Callable[[Mapping], None]) -> Iterator[None]:
    """Calls `listener` with every report of this process meanwhile, in addition to writing it."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def _write(record: dict) -> None:
    for listener in _listeners:
        listener(record)
    path = os.environ.get(VARIABLE)
    if not path:
        return
    line = json.dumps({**jsonable(record, "the report"), "time": round(time.time(), 3)}, allow_nan=False) + "\n"
    try:
        _append(path, line.encode())
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.EAGAIN, errno.EPIPE):  # a FIFO without a reader: the run goes on
            raise


def _append(path: str, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)

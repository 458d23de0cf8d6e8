"""What a run tells while it works, without knowing who listens.

The environment variable FAIRWAY_REPORT names a file or FIFO; without it nothing is written.
One JSON object a line, appended in one write below 4 kB, always with `type` and `time` (seconds since 1970):

    {"type": "epoch", "epoch": 3, "epochs": 20, "train_loss": 0.41, "val_loss": 0.47, ...more numbers}
    {"type": "progress", "done": 12, "total": 256, "stage": "predict"}
    {"type": "metrics", "metrics": {"building_iou": 0.71}}
    {"type": "log", "message": "...", "level": "info"}

`epoch` counts from 1; with `done` (0…1, the share of the whole training) a bar can be drawn even where a time
limit ends the training before the last epoch. A reader cancels the run by creating the file `<FAIRWAY_REPORT>.cancel`.
"""

import errno
import json
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path

VARIABLE = "FAIRWAY_REPORT"
_listeners: list[Callable[[Mapping], None]] = []


class Cancelled(Exception):
    """The run was asked to stop and did."""


def epoch(epoch: int, epochs: int, **numbers: float) -> None:
    _write({"type": "epoch", "epoch": epoch, "epochs": epochs, **numbers})


def progress(done: int, total: int, stage: str) -> None:
    _write({"type": "progress", "done": done, "total": total, "stage": stage})


def metrics(values: Mapping[str, float]) -> None:
    _write({"type": "metrics", "metrics": dict(values)})


def log(message: str, level: str = "info") -> None:
    _write({"type": "log", "message": message[:2000], "level": level})


def cancelled() -> bool:
    path = os.environ.get(VARIABLE)
    return bool(path) and Path(f"{path}.cancel").exists()


def raise_if_cancelled() -> None:
    if cancelled():
        raise Cancelled("the run was cancelled")


def listen(listener: Callable[[Mapping], None]) -> None:
    """Calls back with every record of this process, besides what is written."""
    _listeners.append(listener)


def _write(record: dict) -> None:
    for listener in _listeners:
        listener(record)
    path = os.environ.get(VARIABLE)
    if not path:
        return
    line = json.dumps({**record, "time": round(time.time(), 3)}) + "\n"
    try:
        _append(path, line.encode())
    except OSError as error:
        if error.errno not in (errno.ENXIO, errno.EAGAIN, errno.EPIPE):  # a FIFO nobody reads: the run goes on
            raise


def _append(path: str, line: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)

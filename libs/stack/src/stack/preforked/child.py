"""What a forked process does until it ends: it becomes the program of its file."""

import gc
import os
import runpy
import signal
import sys
from pathlib import Path

from kit.process.parent_death import die_with_parent
from stack.preforked import wanted
from stack.preforked.own_metrics import Metrics, forget_all_but


def become(folder: Path, name: str, metrics: dict[str, Metrics]) -> None:
    """Reads its settings and secrets only here, so that no other room has them."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setsid()
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    gc.enable()
    die_with_parent(signal.SIGTERM)
    child = wanted.read(folder, name)
    _write_to(child.log)
    os.environ.update(child.env)
    sys.argv = list(child.module)
    forget_all_but(child.module[0].partition(".")[0], metrics)
    runpy.run_module(child.module[0], run_name="__main__", alter_sys=True)


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)

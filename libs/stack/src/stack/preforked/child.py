"""What a forked process does until it ends: it becomes the program of its file."""

import ctypes
import gc
import os
import runpy
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from kit.process.parent_death import die_with_parent
from stack.preforked import wanted
from stack.preforked.own_metrics import Metrics, forget_all_but

M_MMAP_THRESHOLD = -3
"""Of `malloc.h`."""


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
    _set_heap(child.env)
    sys.argv = list(child.module)
    forget_all_but(child.module[0].partition(".")[0], metrics)
    runpy.run_module(child.module[0], run_name="__main__", alter_sys=True)


def _set_heap(env: Mapping[str, str]) -> None:
    """glibc reads its settings when a program begins, and a fork begins none. Other libraries have no `mallopt`."""
    given, mallopt = env.get("MALLOC_MMAP_THRESHOLD_"), getattr(ctypes.CDLL(None), "mallopt", None)
    if given and mallopt:
        mallopt(M_MMAP_THRESHOLD, int(given))


def _write_to(log: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.close(file)

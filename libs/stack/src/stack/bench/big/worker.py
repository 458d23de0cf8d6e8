"""The measured worker, which may be killed."""

import psutil

from stack import pids
from stack.bench.big.synthetic_area import with_allowed_host
from stack.bench.system import System
from stack.platform import run
from stack.processes import Daemon


def worker(system: System, template: str) -> Daemon:
    daemon = run.worker(system.home, system.env, "prediction")
    daemon.env = {**with_allowed_host(daemon.env, template), "LOG_LEVEL": "WARNING"}
    return daemon.start()


def kill(daemon: Daemon) -> None:
    """Kills the worker only: its children have to end by themselves."""
    if daemon.pid:
        pids.kill([psutil.Process(daemon.pid)])

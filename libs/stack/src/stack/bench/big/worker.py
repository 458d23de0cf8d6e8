"""The worker under measure: a real one, which may be killed."""

import psutil

from stack import pids
from stack.bench.big.land import allowing
from stack.bench.system import System
from stack.platform import run
from stack.processes import Daemon


def worker(system: System, template: str) -> Daemon:
    daemon = run.worker(system.home, system.env, "prediction")
    daemon.env = {**allowing(daemon.env, template), "LOG_LEVEL": "WARNING"}
    return daemon.start()


def kill(daemon: Daemon) -> None:
    """kill -9 of the worker alone: its children have to end by themselves."""
    if daemon.pid:
        pids.kill([psutil.Process(daemon.pid)])

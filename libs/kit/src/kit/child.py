"""CPU work in a child process, never on the event loop; the child ends with its parent and can be stopped."""

import asyncio
import ctypes
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

R = TypeVar("R")
_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux only; elsewhere an orphan ends with its work."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (OSError, AttributeError):
        return


async def in_child(call: Callable[..., R], *args: object, timeout: float = 3600.0) -> R:
    """Runs a module-level function in a fresh process; TimeoutError and cancellation kill it.

    BrokenProcessPool when the child dies (out of memory, kill -9).
    """
    pool = ProcessPoolExecutor(1, mp_context=get_context("forkserver"), initializer=die_with_parent)
    try:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(pool, call, *args), timeout)
    finally:
        for process in list((pool._processes or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

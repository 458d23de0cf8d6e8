"""The child process behind `kit.process.subprocesses`: a pebble pool of one worker.

The pool does not notice every death (docs/decisions/0032-work-in-child-processes.md), so the process is watched too.
"""

import asyncio
import os
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.process import BaseProcess, parent_process
from pathlib import Path
from typing import Any, TypeVar

from pebble import ProcessExpired, ProcessPool

from kit.process.parent_death import die_with_parent
from kit.process.subprocess_errors import SubprocessDied, SubprocessOutOfMemory, SubprocessTimeout

R = TypeVar("R")
START = 300.0
"""Seconds: a busy machine takes long to import libraries."""
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
"""What children do without: they read what strangers sent, and rasterio is several times slower with them (decision
0160). Who needs them hands them to `setup`."""


class _OneProcess(ForkServerContext):
    """Starts one process and no other: a pool must not replace a worker that died, it must give up."""

    started: BaseProcess | None = None

    def Process(self, *args: Any, **named: Any) -> BaseProcess:  # type: ignore[override]
        if self.started is not None:
            raise OSError("The child process ended.")
        self.started = ForkServerProcess(*args, **named)
        return self.started


class WorkerProcess:
    """One child process. It is not started before `start`, and takes one call at a time."""

    def __init__(self, initial: tuple[object, ...]) -> None:
        self._context = _OneProcess()
        self._pool = ProcessPool(1, initializer=_begin, initargs=initial, context=self._context)
        self._thread = ThreadPoolExecutor(1, "subprocess")  # starting and stopping block, and one follows the other
        self._sentinel = -1

    async def start(self) -> None:
        """Starts the child and runs its setup. Raises SubprocessDied, or SubprocessTimeout after `START` seconds."""
        try:
            ready = await asyncio.get_running_loop().run_in_executor(self._thread, self._start)
        except (BrokenProcessPool, OSError) as error:
            raise SubprocessDied("A child process could not be started.") from error
        await self._answer(ready, START)

    def _start(self) -> "Future[int]":
        ready = self._pool.schedule(os.getpid)
        assert self._context.started is not None
        self._sentinel = os.dup(self._context.started.sentinel)
        return ready

    def is_dead(self) -> bool:
        """Whether the child has ended, even when the fork server has not reported it yet."""
        assert self._context.started is not None
        return bool(wait([self._sentinel], 0)) or _has_ended(self._context.started.pid)

    async def run(self, call: Callable[..., R], args: tuple[object, ...], timeout: float) -> R:
        """Returns the result of `call(*args)` in the child. `timeout` is in seconds. Raises what the call raises, or a
        SubprocessError; the child is unusable after a SubprocessError."""
        return await self._answer(self._scheduled(call, args), timeout)

    def _scheduled(self, call: Callable[..., R], args: tuple[object, ...]) -> "Future[R]":
        try:
            return self._pool.schedule(_call, (call, args))
        except RuntimeError as error:  # the pool has noticed a death before us
            raise SubprocessDied("The child process had died.") from error

    async def _answer(self, work: "Future[R]", timeout: float) -> R:
        """Returns the result of the work, unless the child dies or the time limit ends first.

        An error of the work has these frames, and the work has the error. So that the arguments of a failed call do not
        wait for a garbage collection, nothing here refers to the work any more, which `asyncio.wrap_future` would do.
        """
        loop = asyncio.get_running_loop()
        answer, death = loop.create_future(), loop.create_future()
        work.add_done_callback(partial(_report, loop, answer))
        loop.add_reader(self._sentinel, lambda: death.done() or death.set_result(None))
        try:
            await asyncio.wait({answer, death}, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return _result(work)
            if death.done():
                raise SubprocessDied("The child process died.")
            raise SubprocessTimeout(f"It took longer than {timeout:.0f} s.")
        finally:
            loop.remove_reader(self._sentinel)
            work.cancel()
            del work

    def end(self) -> None:
        """Kills the child in the background and returns immediately."""
        self._thread.submit(self._end)
        self._thread.shutdown(wait=False)

    def _end(self) -> None:
        self._pool.stop()
        self._pool.join()
        if self._sentinel >= 0:
            os.close(self._sentinel)


def _has_ended(pid: int | None) -> bool:
    """Reads the state of the process on Linux; on other systems only the sentinel tells."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return Path("/proc/self").exists()
    return state in "ZX"


def _report(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[None]", _: "Future[Any]") -> None:
    """Runs in a thread of the pool, maybe after the loop has ended."""
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(lambda: answer.done() or answer.set_result(None))


def _result(work: "Future[R]") -> R:
    try:
        return work.result()
    except MemoryError as error:
        raise SubprocessOutOfMemory("It needed more memory than it may have.") from error
    except (BrokenProcessPool, ProcessExpired) as error:
        raise SubprocessDied("The child process died.") from error
    finally:
        del work


def _begin(memory: int, setup: Callable[..., None] | None, args: tuple[object, ...]) -> None:
    """Runs in the child. SIGTERM ends it even inside a library's C code, without pebble's own handler."""
    die_with_parent()
    threading.Thread(target=_die_with_owner, daemon=True).start()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (memory if most == resource.RLIM_INFINITY else min(memory, most), most))
    for name in KEYS:
        os.environ.pop(name, None)
    if setup is not None:
        setup(*args)


def _die_with_owner() -> None:
    """Ends the child with the process that asked for it. The fork server is the child's parent, and lives as long as
    its children."""
    owner = parent_process()
    if owner is not None:
        owner.join()
        os.kill(os.getpid(), signal.SIGKILL)


def _call(call: Callable[..., R], args: tuple[object, ...]) -> R:
    """Runs in the child. Turns exceptions that would end the parent's event loop into SubprocessDied."""
    try:
        return call(*args)
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        raise SubprocessDied(f"The child process ended itself: {error!r}") from None
